//! HTTP/1.1 with as little as load needs: requests are bytes that were made beforehand, one call of
//! the system writes one and another reads its answer, and of the answer only the status, the
//! length and the body are looked at. A generator shares the cores of what it measures, so whatever
//! it does not spend the pizzeria has.

use std::net::SocketAddr;

use anyhow::{Context as _, bail};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Most answers fit into so many bytes, so that one read has all of them.
const BUFFER: usize = 8 << 10;
/// The most bytes of one answer, head and body together.
const ANSWER_MAX: usize = 16 << 20;
/// What ends a head (RFC 9112, 2.1).
const HEAD_END: &[u8] = b"\r\n\r\n";
/// The digits of the number that a template has room for. All numbers have as many, so that the
/// length of the body is known beforehand.
const DIGITS: usize = 10;
/// The lowest number of so many digits: JSON knows no zeros in front of a number.
const FIRST_NUMBER: u64 = 1_000_000_000;
/// What stands in the text of a template for the number of the request, and for that of the actor
/// which it is about.
const NUMBER: &str = "{n}";
const KEY: &str = "{key}";

/// A request that is sent many times, with other numbers each time.
#[derive(Clone)]
pub(crate) struct Template {
    bytes: Vec<u8>,
    /// Where the number of the request goes, and where that of the actor.
    numbers: Vec<usize>,
    keys: Vec<usize>,
}

/// One connection that is kept: one request at a time, and no second attempt.
pub(crate) struct LeanConnection {
    stream: TcpStream,
    /// The last answer, and room for a longer one.
    buffer: Vec<u8>,
    /// What of a template is sent, with its number.
    request: Vec<u8>,
}

/// An answer, which lies where the next one will.
pub(crate) struct LeanAnswer<'c> {
    pub(crate) status: u16,
    pub(crate) body: &'c [u8],
}

/// The beginning of an answer: its status, where its body begins, and how long that is.
#[derive(Debug, PartialEq, Eq)]
struct Head {
    status: u16,
    begin: usize,
    length: usize,
}

impl Template {
    /// A request to `host`; in its path and its body `{n}` stands for the number of the request,
    /// and `{key}` for that of an actor. `authorization` is the value of that header.
    pub(crate) fn new(
        host: SocketAddr,
        authorization: Option<&str>,
        method: &str,
        path: &str,
        body: &str,
    ) -> Self {
        let (path, path_numbers, path_keys) = with_digits(path);
        let (body, body_numbers, body_keys) = with_digits(body);
        let mut head = format!("{method} {path} HTTP/1.1\r\nhost: {host}\r\n");
        if let Some(authorization) = authorization {
            head.push_str(&format!("authorization: {authorization}\r\n"));
        }
        if !body.is_empty() {
            head.push_str("content-type: application/json\r\n");
        }
        // Without a body, too, or a POST would be one of unknown length.
        head.push_str(&format!("content-length: {}\r\n\r\n", body.len()));
        // The path begins behind the method and a blank, the body behind the head.
        let all = |in_path: Vec<usize>, in_body: Vec<usize>| {
            let in_path = in_path.into_iter().map(|at| at + method.len() + 1);
            in_path
                .chain(in_body.into_iter().map(|at| at + head.len()))
                .collect()
        };
        Self {
            numbers: all(path_numbers, body_numbers),
            keys: all(path_keys, body_keys),
            bytes: [head.as_bytes(), body.as_bytes()].concat(),
        }
    }

    /// The request with these numbers, into `request`.
    fn fill(&self, key: u64, number: u64, request: &mut Vec<u8>) {
        request.clear();
        request.extend_from_slice(&self.bytes);
        for (places, number) in [(&self.numbers, number), (&self.keys, key)] {
            for at in places {
                // Beyond ten digits it would begin anew, which no run lives to see.
                let mut left = FIRST_NUMBER + number % (9 * FIRST_NUMBER);
                for digit in request[*at..at + DIGITS].iter_mut().rev() {
                    *digit = b'0' + (left % 10) as u8;
                    left /= 10;
                }
            }
        }
    }
}

/// The text with room for its numbers, where that of the request goes, and where that of the actor.
fn with_digits(text: &str) -> (String, Vec<usize>, Vec<usize>) {
    let (mut out, mut numbers, mut keys) = (String::new(), Vec::new(), Vec::new());
    let mut rest = text;
    while let Some(at) = rest.find('{') {
        let (before, from_here) = rest.split_at(at);
        out.push_str(before);
        let (found, length) = if from_here.starts_with(NUMBER) {
            (Some(&mut numbers), NUMBER.len())
        } else if from_here.starts_with(KEY) {
            (Some(&mut keys), KEY.len())
        } else {
            (None, 1)
        };
        match found {
            Some(places) => {
                places.push(out.len());
                out.push_str(&"0".repeat(DIGITS));
            }
            None => out.push('{'),
        }
        rest = &from_here[length..];
    }
    out.push_str(rest);
    (out, numbers, keys)
}

impl LeanConnection {
    /// # Errors
    /// When nobody listens there.
    pub(crate) async fn open(address: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).await;
        let stream = stream.with_context(|| {
            format!("nobody answers at {address}; is the pizzeria running, and there?")
        })?;
        // Requests are small and waited for: to gather them would only delay them.
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            buffer: vec![0; BUFFER],
            request: Vec::new(),
        })
    }

    /// Sends a request that has no numbers, and waits for its answer.
    ///
    /// # Errors
    /// As [`ask_about`](Self::ask_about).
    pub(crate) async fn ask(&mut self, request: &Template) -> anyhow::Result<LeanAnswer<'_>> {
        self.ask_about(request, 0, 0).await
    }

    /// Sends the request of this number about the actor of that one, and waits for its answer.
    ///
    /// # Errors
    /// When the connection breaks before the end of the answer, or what comes is not HTTP as this
    /// connection knows it.
    pub(crate) async fn ask_about(
        &mut self,
        request: &Template,
        key: u64,
        number: u64,
    ) -> anyhow::Result<LeanAnswer<'_>> {
        request.fill(key, number, &mut self.request);
        self.stream.write_all(&self.request).await?;
        let mut filled = 0;
        loop {
            if filled == self.buffer.len() {
                self.buffer.resize(filled * 2, 0);
            }
            let read = self.stream.read(&mut self.buffer[filled..]).await?;
            if read == 0 {
                bail!("the connection was closed before the end of an answer");
            }
            filled += read;
            let Some(head) = head(&self.buffer[..filled])? else {
                continue;
            };
            let end = head.begin + head.length;
            if end > ANSWER_MAX {
                bail!("an answer of {end} bytes is too long");
            }
            if filled >= end {
                return Ok(LeanAnswer {
                    status: head.status,
                    body: &self.buffer[head.begin..end],
                });
            }
            if self.buffer.len() < end {
                self.buffer.resize(end, 0);
            }
        }
    }
}

/// The head of an answer; `None` while it is not there as a whole.
fn head(answer: &[u8]) -> anyhow::Result<Option<Head>> {
    let Some(end) = end_of_head(answer) else {
        if answer.len() > BUFFER {
            bail!("an answer's head is longer than {BUFFER} bytes");
        }
        return Ok(None);
    };
    let status = answer.strip_prefix(b"HTTP/1.1 ");
    let status = status.and_then(|rest| decimal(rest.get(..3)?));
    let status = status.and_then(|status| u16::try_from(status).ok());
    let status = status.context("what answers does not speak HTTP/1.1")?;
    let mut length = None;
    for line in answer[..end].split(|byte| *byte == b'\n').skip(1) {
        // By the first letter before anything else: most lines are other headers.
        if line.first().is_some_and(|first| first | 0x20 == b'c')
            && let Some((name, value)) = line.split_at_checked("content-length:".len())
            && name.eq_ignore_ascii_case(b"content-length:")
        {
            length = decimal(value.trim_ascii());
        }
    }
    // These have no body, and say nothing of its length (RFC 9110, 8.6).
    if matches!(status, 204 | 304) {
        length = Some(0);
    }
    let length = length.context("an answer does not say how long it is")?;
    Ok(Some(Head {
        status,
        begin: end + HEAD_END.len(),
        length,
    }))
}

fn end_of_head(answer: &[u8]) -> Option<usize> {
    // Line feeds alone are looked for: there are ten of them in some hundred bytes.
    let mut feeds = answer.iter().enumerate().filter(|(_, b)| **b == b'\n');
    feeds.find_map(|(at, _)| {
        let begin = at.checked_sub(HEAD_END.len() - 1)?;
        (&answer[begin..=at] == HEAD_END).then_some(begin)
    })
}

/// A number of nothing but digits, below ten thousand million.
fn decimal(digits: &[u8]) -> Option<usize> {
    if digits.is_empty() || digits.len() > DIGITS {
        return None;
    }
    digits.iter().try_fold(0, |number, byte| {
        let digit = byte.is_ascii_digit().then(|| usize::from(byte - b'0'))?;
        Some(number * 10 + digit)
    })
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use tokio::net::TcpListener;

    use super::*;

    const HOST: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 5000);

    fn text(template: &Template, key: u64, number: u64) -> String {
        let mut request = Vec::new();
        template.fill(key, number, &mut request);
        String::from_utf8(request).expect("text")
    }

    #[test]
    fn a_template_knows_its_length_whatever_the_numbers() {
        let body = r#"{"name":"x-{n}","of":{"it":{key},"leadMs":{n}}}"#;
        let template = Template::new(HOST, Some("Bearer t"), "POST", "/a/{key}/b", body);
        for (number, digits) in [(0, "1000000000"), (987, "1000000987")] {
            let body = body.replace("{n}", digits).replace("{key}", "1000000005");
            let expected = format!(
                "POST /a/1000000005/b HTTP/1.1\r\nhost: {HOST}\r\nauthorization: Bearer t\r\n\
                 content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            );
            assert_eq!(text(&template, 5, number), expected);
        }
        let bare = Template::new(HOST, None, "GET", "/", "");
        let expected = format!("GET / HTTP/1.1\r\nhost: {HOST}\r\ncontent-length: 0\r\n\r\n");
        assert_eq!(text(&bare, 7, 7), expected);
    }

    #[test]
    fn a_head_is_read_once_it_is_whole() {
        let answer = b"HTTP/1.1 201 Created\r\nContent-Length: 12\r\nx: y\r\n\r\n{}";
        for end in 0..answer.len() - 2 {
            assert_eq!(head(&answer[..end]).expect("no error"), None, "{end}");
        }
        let expected = Head {
            status: 201,
            begin: answer.len() - 2,
            length: 12,
        };
        assert_eq!(head(answer).expect("no error"), Some(expected));
        let empty = head(b"HTTP/1.1 204 No Content\r\n\r\n").expect("no error");
        assert_eq!(empty.expect("a head").length, 0);
        for wrong in [
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n",
            "HTTP/2 200 OK\r\ncontent-length: 1\r\n\r\n",
        ] {
            assert!(head(wrong.as_bytes()).is_err(), "{wrong}");
        }
    }

    #[tokio::test]
    async fn answers_come_whole_in_whatever_pieces_they_arrive() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
        let listener = listener.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let request = Template::new(address, None, "GET", "/", "");
        let asked = text(&request, 0, 0).len();
        let long = "x".repeat(3 * BUFFER);
        let answers = ["", "short", &long].map(|body| {
            format!(
                "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            )
        });
        let server = async {
            let (mut stream, _) = listener.accept().await.expect("a connection");
            stream.set_nodelay(true).expect("a socket");
            for answer in &answers {
                let mut request = vec![0; asked];
                stream.read_exact(&mut request).await.expect("a request");
                for piece in answer.as_bytes().chunks(answer.len() / 3) {
                    stream.write_all(piece).await.expect("written");
                    tokio::task::yield_now().await;
                }
            }
        };
        let client = async {
            let mut connection = LeanConnection::open(address).await.expect("connected");
            let mut bodies = Vec::new();
            for _ in 0..3 {
                let answer = connection.ask(&request).await.expect("an answer");
                assert_eq!(answer.status, 200);
                bodies.push(String::from_utf8_lossy(answer.body).into_owned());
            }
            // The server is gone now.
            assert!(connection.ask(&request).await.is_err());
            bodies
        };
        let (bodies, ()) = tokio::join!(client, server);
        assert_eq!(bodies, ["", "short", &long]);
    }
}
