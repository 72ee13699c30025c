//! A batch, and what becomes of each of its commands.

use std::time::Duration;

use redis::{Cmd, Pipeline, Value};

use crate::address::Node;
use crate::planted;
use crate::queues::{Answer, LaneError, Order, Part, Waiting};
use crate::refusal::{NotRun, not_run};
use crate::tag::Tag;
use crate::value::{array, text};

/// So long a command is tried while its slot migrates, and while its server serves nobody.
const MIGRATED_WITHIN: Duration = Duration::from_secs(10);
const SERVED_WITHIN: Duration = Duration::from_secs(2);
/// How long one waits before it is tried again. The first hops to another server take no wait.
const PAUSE: Duration = Duration::from_millis(20);
const HOPS_AT_ONCE: u32 = 3;

/// What is to be done with the commands of a tag that did not run.
#[derive(Default)]
pub(crate) struct Rest {
    pub(crate) back: Vec<Waiting>,
    /// Why the first of them did not.
    pub(crate) first: Option<NotRun>,
    pub(crate) pause: Duration,
}

/// The commands of a batch, in their order. They are moved there, and come back only when they are
/// needed again.
pub(crate) fn pipeline(parts: &mut [Part]) -> Pipeline {
    let count = parts.iter().map(|part| part.waiting.len() + 1).sum();
    let mut pipeline = Pipeline::with_capacity(count);
    for part in parts {
        if part.is_asking {
            pipeline.cmd("ASKING");
        }
        for waiting in &mut part.waiting {
            pipeline.add_command(waiting.command.take());
        }
    }
    pipeline
}

/// Whether there is something in a batch that replicas have to have.
pub(crate) fn needs_replicas(parts: &[Part]) -> bool {
    let mut all = parts.iter().flat_map(|part| &part.waiting);
    all.any(|waiting| waiting.needs_replicas)
}

/// Where a marker may be written: where the server has the slot, for the one to which it goes could not be
/// given a key that it has already.
pub(crate) fn marked(parts: &[Part]) -> Option<Tag> {
    let part = parts.iter().find(|part| !part.is_asking)?;
    Some(part.tag)
}

/// Gives the answers to those who wait for them; what is left of each part did not run. Where replicas lack something,
/// nobody knows what becomes of what they have to have.
pub(crate) fn settle(
    parts: Vec<Part>,
    pipeline: &Pipeline,
    values: Vec<Value>,
    from: &Node,
    lack: Option<&str>,
) -> Vec<(Part, Rest)> {
    let mut answers = pipeline.cmd_iter().zip(values);
    let mut settled = Vec::with_capacity(parts.len());
    for mut part in parts {
        if part.is_asking {
            answers.next();
        }
        let mut rest = Rest::default();
        for waiting in std::mem::take(&mut part.waiting) {
            match answers.next() {
                Some((command, value)) => rest.settle(waiting, command, value, from, lack),
                // The library gives as many values as there were commands.
                None => drop(waiting),
            }
        }
        settled.push((part, rest));
    }
    settled
}

impl Rest {
    fn settle(
        &mut self,
        mut waiting: Waiting,
        command: &Cmd,
        value: Value,
        from: &Node,
        lack: Option<&str>,
    ) {
        let (answer, not_run) = match value {
            Value::ServerError(error) => {
                let text = format!("{} {}", error.code(), error.details().unwrap_or(""));
                (Err(LaneError::Refused(text)), not_run(&error, from))
            }
            value => (Ok(value), None),
        };
        if let Some(not_run) = not_run {
            waiting.hops += 1;
            let limit = match not_run {
                NotRun::Later => SERVED_WITHIN,
                _ => MIGRATED_WITHIN,
            };
            if waiting.since.elapsed() > limit
                && let Err(LaneError::Refused(text)) = answer
            {
                let detail = format!("{from} says so for {limit:?}: {text}");
                let _ = waiting.answer.send(Err(LaneError::NotSent(detail)));
                return;
            }
            let is_quick = matches!(
                not_run,
                NotRun::Moved(_) | NotRun::Ask(_) | NotRun::NoScript
            );
            if !is_quick || waiting.hops > HOPS_AT_ONCE {
                self.pause = PAUSE;
            }
            self.first.get_or_insert(not_run);
        } else if !(self.has_one_before(command) && was_too_early(waiting.order, &answer)) {
            if waiting.order == Order::Commits {
                self.comes_too_late(command);
            }
            let answer = match lack {
                Some(lack) if waiting.needs_replicas && answer.is_ok() => {
                    Err(LaneError::Lost(lack.to_owned()))
                }
                _ => answer,
            };
            let _ = waiting.answer.send(answer);
            return;
        }
        waiting.command = command.clone();
        self.back.push(waiting);
    }

    /// Whether a command before this one, about the same actor, did not run.
    fn has_one_before(&self, command: &Cmd) -> bool {
        let mut back = self.back.iter();
        back.any(|before| about(&before.command) == about(command)) && !planted::is("overtakes")
    }

    /// A commit was decided: whatever was to be read of its actor before, and was not, can be read no
    /// more.
    fn comes_too_late(&mut self, command: &Cmd) {
        let is_late = |before: &mut Waiting| {
            before.order == Order::Reads && about(&before.command) == about(command)
        };
        let late = self.back.extract_if(.., is_late).collect();
        not_sent(late, "the actor has been written since");
    }
}

/// What a command is about: the key of its actor, where it has one.
fn about(command: &Cmd) -> Option<&[u8]> {
    let mut words = command.args_iter().map(|word| match word {
        redis::Arg::Simple(word) => word,
        _ => b"".as_slice(),
    });
    match words.next()? {
        // Its hash and the number of its keys come first.
        b"EVALSHA" => words.nth(2),
        _ => words.next(),
    }
}

/// Whether an answer came about only because a command before this one did not run.
fn was_too_early(order: Order, answer: &Answer) -> bool {
    match order {
        Order::Any => false,
        Order::Reads => true,
        // A commit that was taken stood on nothing that is missing.
        Order::Commits => answer.as_ref().is_ok_and(|value| {
            let said = array(value.clone()).into_iter().next().and_then(text);
            matches!(said.as_deref(), Some("stale" | "fenced"))
        }),
    }
}

/// Nobody knows what became of these.
pub(crate) fn lost(parts: Vec<Part>, detail: &str) {
    for waiting in parts.into_iter().flat_map(|part| part.waiting) {
        let _ = waiting.answer.send(Err(LaneError::Lost(detail.to_owned())));
    }
}

/// Nothing became of these.
pub(crate) fn not_sent(waiting: Vec<Waiting>, detail: &str) {
    for waiting in waiting {
        let detail = detail.to_owned();
        let _ = waiting.answer.send(Err(LaneError::NotSent(detail)));
    }
}

/// What a command's answer is worth out of its order.
pub(crate) fn order_of(command: &Cmd, commit: &str) -> Order {
    let mut words = command.args_iter().map(|word| match word {
        redis::Arg::Simple(word) => word,
        _ => b"".as_slice(),
    });
    match words.next().unwrap_or_default() {
        b"EVALSHA" if words.next() == Some(commit.as_bytes()) => Order::Commits,
        b"HGET" | b"HGETALL" | b"HKEYS" | b"SMEMBERS" | b"XLEN" | b"XRANGE" | b"ZRANGEBYLEX"
        | b"ZRANGEBYSCORE" => Order::Reads,
        _ => Order::Any,
    }
}

#[cfg(test)]
mod tests {
    use pizza_types::ShardId;
    use tokio::sync::oneshot;
    use tokio::time::Instant;

    use super::*;

    /// A commit or a reading of an actor, and what the server says to it.
    fn settled(commands: &[(&str, &str, &'static [u8])]) -> (Vec<String>, Vec<bool>) {
        let mut ends = Vec::new();
        let waiting = commands.iter().map(|(what, actor, _)| {
            let mut command = redis::cmd(what);
            if *what == "EVALSHA" {
                command.arg("commit").arg(1);
            }
            command.arg(actor);
            let (answer, end) = oneshot::channel();
            ends.push(end);
            Waiting {
                order: order_of(&command, "commit"),
                command,
                since: Instant::now(),
                hops: 0,
                needs_replicas: true,
                answer,
            }
        });
        let part = Part {
            tag: Tag::from(ShardId(1)),
            is_asking: false,
            waiting: waiting.collect(),
        };
        let mut parts = vec![part];
        let pipeline = pipeline(&mut parts);
        let read = |(_, _, said): &(_, _, &[u8])| redis::parse_redis_value(said).expect("read");
        let values = commands.iter().map(read).collect();
        let (_, rest) = settle(parts, &pipeline, values, &"here:1".into(), None).remove(0);
        let text = |waiting: &Waiting| {
            let actor = about(&waiting.command).unwrap_or_default();
            format!("{:?} {}", waiting.order, String::from_utf8_lossy(actor))
        };
        let answered = ends.iter_mut().map(|end| end.try_recv().is_ok());
        (rest.back.iter().map(text).collect(), answered.collect())
    }

    const NOT_RUN: &[u8] = b"-TRYAGAIN some keys are missing\r\n";
    const STALE: &[u8] = b"*2\r\n+stale\r\n+0\r\n";
    const TAKEN: &[u8] = b"*1\r\n+taken\r\n";
    const READ: &[u8] = b"+row\r\n";

    #[test]
    fn what_came_too_early_for_its_actor_goes_again_in_order() {
        let (back, answered) = settled(&[
            ("EVALSHA", "a", NOT_RUN),
            ("HGETALL", "a", READ),
            ("EVALSHA", "a", STALE),
            // These have nothing to do with it.
            ("EVALSHA", "b", TAKEN),
            ("HGETALL", "b", READ),
            ("EVALSHA", "b", STALE),
        ]);
        assert_eq!(back, ["Commits a", "Reads a", "Commits a"]);
        assert_eq!(answered, [false, false, false, true, true, true]);
    }

    #[test]
    fn what_can_be_read_no_more_is_not_read() {
        let (back, answered) = settled(&[("HGETALL", "a", NOT_RUN), ("EVALSHA", "a", TAKEN)]);
        assert!(back.is_empty());
        assert_eq!(answered, [true, true]);
    }
}
