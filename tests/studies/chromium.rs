//! A small driver for headless Chromium: the DevTools protocol over pipes, with a limit on every
//! wait.
//!
//! Chromium reads requests from descriptor 3 and writes answers and events to descriptor 4, each as
//! a JSON text that ends with NUL. A shell moves the child's standard input and output there.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

const MOVE_PIPES: &str = r#"exec "$0" "$@" 3<&0 4>&1 </dev/null >/dev/null"#;
const FLAGS: [&str; 10] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--remote-debugging-pipe",
];
const ANSWER_LIMIT: Duration = Duration::from_secs(60);
const CONDITION_LIMIT: Duration = Duration::from_secs(20);
const END_LIMIT: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(20);

/// The browser that tests/build.rs found; tests are ignored if it found none.
pub fn program() -> PathBuf {
    let found: Option<&str> = option_env!("TEST_BROWSER");
    found.map(PathBuf::from).expect("the test is ignored without a browser")
}

/// A browser with one page. The browser and its folder are removed when it is dropped.
pub struct Chromium {
    process: Child,
    requests: ChildStdin,
    messages: Receiver<Value>,
    events: Vec<Value>,
    session: Option<String>,
    requests_made: u64,
    folder: PathBuf,
}

impl Chromium {
    /// Starts a browser whose profile and error output are in a new folder.
    pub fn start(program: &Path, folder: PathBuf) -> Self {
        std::fs::create_dir_all(&folder).expect("a folder");
        let errors = File::create(folder.join("stderr")).expect("a file");
        let mut process = Command::new("sh")
            .args(["-c", MOVE_PIPES])
            .arg(program)
            .args(FLAGS)
            .arg(format!("--user-data-dir={}", folder.join("profile").display()))
            .arg("about:blank")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(errors)
            .spawn()
            .expect("a shell");
        let requests = process.stdin.take().expect("a pipe");
        let messages = receive(process.stdout.take().expect("a pipe"));
        let (events, session) = (Vec::new(), None);
        let mut browser =
            Self { process, requests, messages, events, session, requests_made: 0, folder };
        browser.attach();
        browser
    }

    fn attach(&mut self) {
        let target = self.call("Target.createTarget", json!({"url": "about:blank"}));
        let target = json!({"targetId": target["targetId"], "flatten": true});
        let answer = self.call("Target.attachToTarget", target);
        self.session = Some(answer["sessionId"].as_str().expect("a session").to_owned());
        for domain in ["Page", "Runtime", "Log", "Network"] {
            self.call(&format!("{domain}.enable"), json!({}));
        }
    }

    fn send(&mut self, method: &str, parameters: Value) -> std::io::Result<()> {
        self.requests_made += 1;
        let mut request = json!({"id": self.requests_made, "method": method, "params": parameters});
        if let Some(session) = &self.session {
            request["sessionId"] = json!(session);
        }
        let mut text = request.to_string().into_bytes();
        text.push(0);
        self.requests.write_all(&text)
    }

    /// Calls a method of the protocol and returns its result; events that come first are kept.
    pub fn call(&mut self, method: &str, parameters: Value) -> Value {
        let sent = self.send(method, parameters);
        let end = Instant::now() + ANSWER_LIMIT;
        while sent.is_ok() {
            let left = end.saturating_duration_since(Instant::now());
            let Ok(mut message) = self.messages.recv_timeout(left) else { break };
            if message["id"] == self.requests_made {
                assert!(message["error"].is_null(), "{method}: {}", message["error"]);
                return message["result"].take();
            }
            if message["id"].is_null() {
                self.events.push(message);
            }
        }
        let errors = std::fs::read_to_string(self.folder.join("stderr")).unwrap_or_default();
        panic!("Chromium does not answer {method}; its standard error: {errors}");
    }

    /// Opens a page and waits until it is loaded.
    pub fn open(&mut self, url: &str) {
        let answer = self.call("Page.navigate", json!({"url": url}));
        assert!(answer["errorText"].is_null(), "{url}: {answer}");
        self.wait_until("document.readyState === 'complete'");
    }

    /// The value of an expression in the page; promises are awaited.
    pub fn evaluate(&mut self, expression: &str) -> Value {
        let parameters =
            json!({"expression": expression, "returnByValue": true, "awaitPromise": true});
        let mut answer = self.call("Runtime.evaluate", parameters);
        assert!(answer["exceptionDetails"].is_null(), "{expression}: {answer}");
        answer["result"]["value"].take()
    }

    /// Waits until an expression in the page is true.
    #[track_caller]
    pub fn wait_until(&mut self, condition: &str) {
        let end = Instant::now() + CONDITION_LIMIT;
        while self.evaluate(condition) != true {
            assert!(Instant::now() < end, "not within {CONDITION_LIMIT:?}: {condition}");
            std::thread::sleep(PAUSE);
        }
    }

    /// The parameters of the events of one method so far.
    pub fn events<'a>(&'a self, method: &'a str) -> impl Iterator<Item = &'a Value> {
        self.events.iter().filter(move |event| event["method"] == method).map(|it| &it["params"])
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        // Close it cleanly if possible: its helper processes then leave the folder alone.
        let _ = self.send("Browser.close", json!({}));
        let end = Instant::now() + END_LIMIT;
        while matches!(self.process.try_wait(), Ok(None)) && Instant::now() < end {
            std::thread::sleep(PAUSE);
        }
        let _ = self.process.kill();
        let _ = self.process.wait();
        while std::fs::remove_dir_all(&self.folder).is_err() && Instant::now() < end {
            std::thread::sleep(PAUSE);
        }
    }
}

/// Messages in the order of arrival, read by a thread that ends with the pipe.
fn receive(pipe: impl Read + Send + 'static) -> Receiver<Value> {
    let (sender, messages) = mpsc::channel();
    std::thread::spawn(move || {
        for text in BufReader::new(pipe).split(0) {
            let Ok(text) = text else { return };
            let message = serde_json::from_slice(&text).expect("JSON from Chromium");
            if sender.send(message).is_err() {
                return;
            }
        }
    });
    messages
}
