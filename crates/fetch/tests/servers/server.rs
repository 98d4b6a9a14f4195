//! A server for one file that behaves as it is told, request by request.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// What the server does with a request.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    /// The whole file, whatever is asked for.
    Whole(Vec<u8>),
    /// What is asked for, by range.
    Ranged(Vec<u8>),
    /// Announces the whole file, or its rest, sends this many bytes of it and hangs up.
    Truncated(Vec<u8>, usize),
    /// Announces the whole file, sends this many bytes and falls silent.
    Stalled(Vec<u8>, usize),
    /// The whole file in chunks, without a length.
    Chunked(Vec<u8>),
    /// A status without a body, and one header.
    Status(&'static str, String),
    /// A partial answer that starts at another byte than was asked for.
    WrongRange(Vec<u8>),
    /// Hangs up.
    Nothing,
}

/// A running server; its thread ends with the process.
pub(crate) struct Server {
    address: String,
    ranges: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Gives one answer after the other, and the last one for ever.
    pub(crate) fn start(answers: Vec<Answer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = format!("http://{}/file", listener.local_addr().expect("it is bound"));
        let ranges = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&ranges);
        thread::spawn(move || {
            let mut answers = answers.into_iter();
            let mut last = Answer::Nothing;
            let mut held = Vec::new();
            for stream in listener.incoming().flatten() {
                last = answers.next().unwrap_or(last);
                // A client that goes away while it is answered is none of the server's concern.
                let _gone = answer(stream, &last, &seen, &mut held);
            }
        });
        Self { address, ranges }
    }

    pub(crate) fn address(&self) -> String {
        self.address.clone()
    }

    /// The range of every request so far, empty where none was asked for.
    pub(crate) fn ranges(&self) -> Vec<String> {
        self.ranges.lock().expect("no holder panics").clone()
    }
}

fn answer(
    mut stream: TcpStream,
    answer: &Answer,
    seen: &Mutex<Vec<String>>,
    held: &mut Vec<TcpStream>,
) -> std::io::Result<()> {
    let mut range = String::new();
    for line in BufReader::new(stream.try_clone()?).lines() {
        let line = line?;
        if line.is_empty() {
            break;
        }
        if let Some(asked) = line.to_ascii_lowercase().strip_prefix("range: ") {
            asked.clone_into(&mut range);
        }
    }
    seen.lock().expect("no holder panics").push(range.clone());
    let from = range.strip_prefix("bytes=").and_then(|r| r.strip_suffix('-'));
    let from = from.and_then(|from| from.parse::<usize>().ok()).unwrap_or(0);
    let whole = |bytes: &[u8]| {
        format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", bytes.len())
    };
    let partial = |bytes: &[u8], from: usize| {
        let (last, length) = (bytes.len() - 1, bytes.len());
        format!(
            "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes {from}-{last}/{length}\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n",
            length - from
        )
    };
    match answer {
        Answer::Ranged(bytes) if from > 0 => {
            stream.write_all(partial(bytes, from).as_bytes())?;
            stream.write_all(&bytes[from..])
        }
        Answer::Whole(bytes) | Answer::Ranged(bytes) => {
            stream.write_all(whole(bytes).as_bytes())?;
            stream.write_all(bytes)
        }
        Answer::Truncated(bytes, count) => {
            let head = if from > 0 { partial(bytes, from) } else { whole(bytes) };
            stream.write_all(head.as_bytes())?;
            stream.write_all(&bytes[from..from + count])
        }
        Answer::Stalled(bytes, count) => {
            stream.write_all(whole(bytes).as_bytes())?;
            stream.write_all(&bytes[..*count])?;
            held.push(stream);
            Ok(())
        }
        Answer::Chunked(bytes) => {
            stream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")?;
            for chunk in bytes.chunks(1_000) {
                write!(stream, "{:x}\r\n", chunk.len())?;
                stream.write_all(chunk)?;
                stream.write_all(b"\r\n")?;
            }
            stream.write_all(b"0\r\n\r\n")
        }
        Answer::Status(status, header) => {
            write!(stream, "HTTP/1.1 {status}\r\n{header}\r\nContent-Length: 0\r\n\r\n")
        }
        Answer::WrongRange(bytes) => {
            stream.write_all(partial(bytes, from + 1).as_bytes())?;
            stream.write_all(&bytes[from + 1..])
        }
        Answer::Nothing => Ok(()),
    }
}
