//! What a Redis server is asked, as it says itself.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::thread::{self, JoinHandle};

use redis::Connection;

/// What nobody else says.
const END: &str = "the-end-of-what-is-watched";
/// The keys of a script that commits, which no other script has as many of (`host/store-redis/src/lua`).
const KEYS_OF_A_COMMIT: &str = "\"11\"";

pub(super) struct Monitor(JoinHandle<Vec<String>>);

impl Monitor {
    /// Watches from now on.
    pub(super) fn start(server: SocketAddr) -> Self {
        let mut stream = TcpStream::connect(server).expect("it listens");
        stream.write_all(b"MONITOR\r\n").expect("it reads");
        let mut said = BufReader::new(stream);
        let mut first = String::new();
        said.read_line(&mut first).expect("an answer");
        assert_eq!(first, "+OK\r\n");
        let lines = said.lines().map(|line| line.expect("a line"));
        Self(thread::spawn(move || {
            lines.take_while(|line| !line.contains(END)).collect()
        }))
    }

    /// Everything that was asked until now is seen; returns how many commits of probes a silo has tried.
    pub(super) fn stop(self, store: &mut Connection, silo: &str) -> usize {
        let said: String = redis::cmd("ECHO")
            .arg(END)
            .query(store)
            .expect("it answers");
        assert_eq!(said, END);
        let lines = self.0.join().expect("no panic");
        lines.iter().filter(|line| is_commit_of(line, silo)).count()
    }
}

fn is_commit_of(line: &str, silo: &str) -> bool {
    let mut words = line
        .split(' ')
        .skip_while(|word| *word != "\"EVALSHA\"")
        .skip(2);
    let is_commit = words.next() == Some(KEYS_OF_A_COMMIT);
    let is_of_a_probe = words.next().is_some_and(|key| key.contains(":a:probe/"));
    let silo = format!("\"{silo}\"");
    is_commit && is_of_a_probe && words.any(|word| word == silo)
}

#[test]
fn a_commit_is_told_from_other_scripts() {
    let line = |keys: &str, actor: &str, silo: &str| {
        format!(
            r#"+1.5 [0 127.0.0.1:5] "EVALSHA" "ab12" "{keys}" "{{7}}:a:{actor}" "{{7}}:c" "1" "{silo}""#
        )
    };
    assert!(is_commit_of(&line("11", "probe/w1", "two.5"), "two.5"));
    assert!(!is_commit_of(&line("11", "probe/w1", "two.5"), "one.1"));
    assert!(!is_commit_of(&line("11", "order/w1", "two.5"), "two.5"));
    assert!(!is_commit_of(&line("3", "probe/w1", "two.5"), "two.5"));
}
