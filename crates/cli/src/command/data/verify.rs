//! `cenote data verify`.

use std::process::ExitCode;

use cenote_fetch::{State, check};
use serde_json::json;

use super::known;
use crate::args::DataVerify;
use crate::failure::Failure;
use crate::screen;

pub(super) fn run(args: &DataVerify) -> Result<ExitCode, Failure> {
    let root = known::root()?;
    let (mut lines, mut files) = (Vec::new(), Vec::new());
    let (mut sound, mut all) = (0, 0);
    for name in &args.names {
        let set = known::published(name)?;
        for file in &set.files {
            let path = root.join(set.folder).join(file.name);
            let state = check(&path, file.bytes, file.sha256)
                .map_err(|error| Failure::File(error.to_string()))?;
            all += 1;
            sound += usize::from(state == State::Sound);
            let state = match state {
                State::Sound => "is the published file".to_owned(),
                State::Absent => "is not there".to_owned(),
                State::Different(how) => how,
            };
            lines.push(format!("{}: {state}\n", path.display()));
            files.push(json!({ "set": name, "file": path.display().to_string(), "state": state }));
        }
    }
    let text = if args.json {
        let document =
            json!({ "schema": "cenote.data.verify/1", "sound": sound == all, "files": files });
        format!("{document}\n")
    } else {
        lines.concat()
    };
    screen::print(&text).map_err(Failure::Output)?;
    if sound == all {
        return Ok(ExitCode::SUCCESS);
    }
    Err(Failure::Data(format!("{sound} of {all} files are the published ones")))
}
