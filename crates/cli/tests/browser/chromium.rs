//! A Chromium without a window, asked over pipes in the `DevTools` protocol.
//!
//! The browser reads commands from descriptor 3 and writes answers and events to descriptor 4,
//! each a JSON object with a zero byte behind it. A shell hands it our two pipes under these
//! numbers, so no crate and no open port is needed.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::{Value, json};

/// Names under which systems have it.
const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "chrome"];

/// The longest that an answer may take.
const PATIENCE: Duration = Duration::from_mins(1);

/// A browser with one page.
pub(crate) struct Browser {
    process: Child,
    commands: Option<ChildStdin>,
    answers: Receiver<Value>,
    /// Events that came while an answer was waited for.
    events: VecDeque<Value>,
    session: String,
    last: u64,
    _profile: tempfile::TempDir,
}

/// Where the browser is: what `CENOTE_CHROMIUM` says, or the first of its names on the path.
pub(crate) fn find() -> Option<PathBuf> {
    if let Some(path) = std::env::var_os("CENOTE_CHROMIUM") {
        return Some(path.into());
    }
    let path = std::env::var_os("PATH")?;
    let places =
        std::env::split_paths(&path).flat_map(|folder| NAMES.map(|name| folder.join(name)));
    places.into_iter().find(|place| place.is_file())
}

impl Browser {
    pub(crate) fn start(program: &Path) -> Self {
        let profile = tempfile::tempdir().expect("a folder for the browser");
        let mut process = Command::new("sh")
            .args(["-c", "exec \"$@\" 3<&0 4>&1 </dev/null >/dev/null 2>&1", "sh"])
            .arg(program)
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"])
            .args(["--no-first-run", "--hide-scrollbars", "--remote-debugging-pipe"])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .arg("about:blank")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a shell starts");
        let commands = process.stdin.take();
        let mut output = BufReader::new(process.stdout.take().expect("it is piped"));
        let (told, answers) = channel();
        std::thread::spawn(move || {
            let mut bytes = Vec::new();
            while output.read_until(0, &mut bytes).is_ok_and(|read| read > 0) {
                bytes.pop();
                let Ok(value) = serde_json::from_slice(&bytes) else { break };
                if told.send(value).is_err() {
                    break;
                }
                bytes.clear();
            }
        });
        let mut browser = Self {
            process,
            commands,
            answers,
            events: VecDeque::new(),
            session: String::new(),
            last: 0,
            _profile: profile,
        };
        browser.attach();
        browser
    }

    fn attach(&mut self) {
        let target = self.call("Target.createTarget", &json!({ "url": "about:blank" }));
        let wanted = json!({ "targetId": target["targetId"], "flatten": true });
        let attached = self.call("Target.attachToTarget", &wanted);
        attached["sessionId"].as_str().expect("a session").clone_into(&mut self.session);
        for domain in ["Page.enable", "Runtime.enable", "Log.enable", "Network.enable"] {
            self.call(domain, &json!({}));
        }
    }

    /// Asks for something and waits for the answer.
    pub(crate) fn call(&mut self, method: &str, params: &Value) -> Value {
        self.last += 1;
        let id = self.last;
        let mut command = json!({ "id": id, "method": method, "params": params });
        if !self.session.is_empty() {
            command["sessionId"] = self.session.as_str().into();
        }
        let pipe = self.commands.as_mut().expect("open until the end");
        write!(pipe, "{command}\0").and_then(|()| pipe.flush()).expect("the browser listens");
        loop {
            let value = self.answers.recv_timeout(PATIENCE);
            let mut value = value.unwrap_or_else(|error| panic!("{method}: no answer: {error}"));
            if value["id"] != id {
                self.events.push_back(value);
                continue;
            }
            assert!(value.get("error").is_none(), "{method}: {value}");
            return value["result"].take();
        }
    }

    /// Opens a page and waits until it is loaded.
    pub(crate) fn open(&mut self, address: &str) {
        self.events.clear();
        self.call("Page.navigate", &json!({ "url": address }));
        while self.events.iter().all(|event| event["method"] != "Page.loadEventFired") {
            let event = self.answers.recv_timeout(PATIENCE).expect("the page loads");
            self.events.push_back(event);
        }
    }

    /// The value of an expression in the page, or what it promises.
    pub(crate) fn value(&mut self, expression: &str) -> Value {
        let params =
            json!({ "expression": expression, "returnByValue": true, "awaitPromise": true });
        let mut answer = self.call("Runtime.evaluate", &params);
        assert!(answer.get("exceptionDetails").is_none(), "{expression}: {answer}");
        answer["result"]["value"].take()
    }

    /// A screen of this width, and a page that prefers this colour scheme.
    pub(crate) fn screen(&mut self, width: u32, scheme: &str, media: &str) {
        let metrics =
            json!({ "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500 });
        self.call("Emulation.setDeviceMetricsOverride", &metrics);
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        self.call("Emulation.setEmulatedMedia", &json!({ "media": media, "features": features }));
    }

    /// Everything that went wrong in the page since it was opened, and every address that it
    /// asked for.
    pub(crate) fn troubles(&self) -> Vec<String> {
        let trouble = |event: &&Value| {
            let (method, params) = (event["method"].as_str().unwrap_or_default(), &event["params"]);
            match method {
                "Runtime.exceptionThrown" | "Log.entryAdded" | "Runtime.consoleAPICalled" => true,
                "Network.requestWillBeSent" => {
                    let address = params["request"]["url"].as_str().unwrap_or_default();
                    params["type"] != "Document" && !address.starts_with("data:")
                }
                _ => false,
            }
        };
        self.events.iter().filter(trouble).map(Value::to_string).collect()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        drop(self.commands.take()); // the browser ends when nobody can ask any more
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
