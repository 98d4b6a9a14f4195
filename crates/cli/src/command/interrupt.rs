//! Ctrl-C, SIGTERM and SIGHUP: once to stop in an orderly way, twice to stop at once.

use std::sync::Arc;

use cenote_experiment::Stop;

use crate::failure::Failure;
use crate::screen;

/// A request to stop that Ctrl-C makes, or whoever ends programs on this machine.
pub(crate) fn listen() -> Result<Arc<Stop>, Failure> {
    let stop = Arc::new(Stop::default());
    let asked = Arc::clone(&stop);
    let handler = move || {
        if asked.requested() {
            std::process::exit(130);
        }
        // Said first: whoever is asked may end the program before another word.
        screen::say("stopping after this step; once more to stop at once");
        asked.request();
    };
    ctrlc::set_handler(handler)
        .map_err(|error| Failure::Usage(format!("cannot listen for Ctrl-C: {error}")))?;
    Ok(stop)
}
