//! A reader of server-sent events.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value;

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Event {
    pub(crate) kind: String,
    pub(crate) id: Option<u64>,
    pub(crate) data: Value,
}

pub(crate) struct Reader(BufReader<TcpStream>);

impl Reader {
    pub(crate) fn open(to: SocketAddr, path: &str, last_event_id: Option<u64>) -> Self {
        let mut stream = TcpStream::connect(to).expect("it listens");
        stream
            .set_read_timeout(Some(Duration::from_secs(30)))
            .expect("a timeout");
        let mut head =
            format!("GET {path} HTTP/1.1\r\nhost: localhost\r\naccept: text/event-stream\r\n");
        if let Some(id) = last_event_id {
            head += &format!("last-event-id: {id}\r\n");
        }
        stream
            .write_all(format!("{head}\r\n").as_bytes())
            .expect("it reads");
        Self(BufReader::new(stream))
    }

    /// Waits until the stream is open: what happens from now on is in it.
    pub(crate) fn is_open(&mut self) {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            let read = self.0.read_line(&mut head).expect("a line");
            assert_ne!(read, 0, "the connection ended in {head:?}");
        }
        assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
    }

    /// The next event of an order. What else a restaurant's stream tells depends on when somebody
    /// looks: figures, stock, where drivers are.
    pub(crate) fn next_of_order(&mut self) -> Option<Event> {
        loop {
            let event = self.next()?;
            if ["status", "driver", "eta"].contains(&event.kind.as_str()) {
                return Some(event);
            }
        }
    }

    /// The next event; `None` when the stream is over or the connection breaks.
    pub(crate) fn next(&mut self) -> Option<Event> {
        let (mut kind, mut id, mut data) = (String::new(), None, None);
        loop {
            let mut line = String::new();
            if self.0.read_line(&mut line).ok()? == 0 {
                return None;
            }
            // Chunk sizes and heads have no such fields, so they are passed over.
            let line = line.trim_end();
            if let Some(value) = line.strip_prefix("event: ") {
                value.clone_into(&mut kind);
            } else if let Some(value) = line.strip_prefix("id: ") {
                id = value.parse().ok();
            } else if let Some(value) = line.strip_prefix("data: ") {
                data = Some(serde_json::from_str(value).expect("data is JSON"));
            } else if line.is_empty()
                && let Some(data) = data.take()
                // That the stream lives is nothing that happened.
                && kind != "time"
            {
                return Some(Event { kind, id, data });
            }
        }
    }
}
