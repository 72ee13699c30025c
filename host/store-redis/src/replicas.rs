//! Replicas that have to have what is acknowledged. Behind the commands of a batch the server is asked how many
//! replicas have all of it, on the same connection; what was written is no success where they are too few.

use redis::{Arg, Cmd, Pipeline, Value};

use crate::key;
use crate::tag::Tag;
use crate::value::number;

/// How long a server waits for its replicas, in milliseconds. On one machine they take less than one.
const WITHIN_MS: u64 = 1_000;
/// What the marker is called: a key that nobody reads.
const MARKER: &str = "replicas";

/// How many replicas have to have what is acknowledged; 0: nobody is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Replicas(pub(crate) u8);

impl Replicas {
    /// Whether something leaves the silo by the answer to this. It may be an acknowledgement: of what a script
    /// has written, now or before, of a letter that is kept, of a reply that is in the store. Or what is read
    /// leaves: entries of a log, events, delayed messages, reminders.
    pub(crate) fn must_have(self, command: &Cmd) -> bool {
        if self.0 == 0 {
            return false;
        }
        let mut words = command.args_iter().map(|word| match word {
            Arg::Simple(word) => word,
            _ => b"".as_slice(),
        });
        match words.next() {
            Some(b"EVALSHA" | b"HSET" | b"XRANGE") => true,
            Some(b"HGET") => words
                .next()
                .is_some_and(|key| key.ends_with(key::REPLIES) || key::is_of_actor(key)),
            Some(b"HGETALL") => words.next().is_some_and(|key| key.ends_with(key::DELAYED)),
            _ => false,
        }
    }

    /// Asks behind a batch. A server that has written nothing for a connection tells it at once that all have it:
    /// so where somebody else may have written what is acknowledged here, something is written first.
    pub(crate) fn ask(self, pipeline: &mut Pipeline, marked: Option<Tag>) {
        if let Some(tag) = marked {
            let marker = pipeline.cmd("SET");
            marker.arg(key::of_tag(tag, MARKER)).arg("");
        }
        pipeline.cmd("WAIT").arg(self.0).arg(WITHIN_MS);
    }

    /// What is wrong, if the server does not say last that enough of them have it. That the marker was refused, as it
    /// is while a slot migrates, is no harm to what this batch has written itself.
    pub(crate) fn lack(self, values: &[Value]) -> Option<String> {
        let have = match values.last() {
            Some(Value::ServerError(error)) => return Some(format!("{error:?}")),
            Some(value) => number(value.clone()).unwrap_or(0),
            None => 0,
        };
        (have < u64::from(self.0)).then(|| {
            format!(
                "{have} replicas had it after {WITHIN_MS} ms, and {} have to",
                self.0
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(words: &[&str]) -> Cmd {
        let mut command = redis::cmd(words[0]);
        command.arg(&words[1..]);
        command
    }

    #[test]
    fn what_is_acknowledged_has_to_be_there() {
        for (words, expected) in [
            (&["EVALSHA", "hash", "1", "{7}:a:k"][..], true),
            (&["HGET", "{7}:d", "message"], true),
            (&["HGET", "{7}:m", "message"], false),
            (&["HGET", "{7}:a:type/k", "rname"], true),
            (&["HSET", "{meta}:letters", "1", "letter"], true),
            (&["XRANGE", "{7}:l", "(0-0", "+"], true),
            (&["XRANGE", "{7}:P:us", "(0-0", "+"], true),
            (&["XRANGE", "{7}:s:stream", "(0-0", "+"], true),
            (&["HGETALL", "{7}:w"], true),
            (&["XLEN", "{7}:l"], false),
            (&["HGETALL", "{7}:a:type/d"], false),
        ] {
            let command = command(words);
            assert_eq!(Replicas(1).must_have(&command), expected, "{words:?}");
            assert!(!Replicas(0).must_have(&command), "{words:?}");
        }
    }

    #[test]
    fn too_few_are_told() {
        let lack = |have| Replicas(2).lack(&[Value::Okay, Value::Int(have)]);
        assert_eq!(lack(2), None);
        assert!(lack(1).is_some_and(|why| why.contains("1 replicas")));
        assert!(Replicas(1).lack(&[]).is_some());
    }
}
