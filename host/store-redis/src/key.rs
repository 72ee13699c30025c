//! Where which row is.
//!
//! `{s}` stands for the number of a shard in braces, the hash tag of all its keys:
//!
//! | key | type | what |
//! |---|---|---|
//! | `{s}:a:TYPE/KEY` | hash | an actor: `p` epoch, `v` version, `o` owner, `m` module, `d` end, `s` state, `e…` entries, `r…` reminders |
//! | `{s}:c` | hash | counters: `commits`, `log`, `floor` |
//! | `{s}:d`, `{s}:D` | hash, sorted set | replies by actor and message, and when they may go |
//! | `{s}:l` | stream | the log |
//! | `{s}:r` | sorted set | reminders by when they are due |
//! | `{s}:w` | hash | delayed messages |
//! | `{s}:u` | hash | cursors of subscribers |
//! | `{s}:t:TYPE`, `{s}:E:TYPE` | sorted sets | actors by key; ended ones by time |
//! | `{s}:x`, `{s}:X` | hash, sorted set | tombstones |
//! | `{s}:s:STREAM\0KEY` | stream | events |
//! | `{s}:h:STREAM`, `{s}:S` | hash, set | the newest positions by key; names of streams |
//! | `{s}:m` | hash | the last entry of each source shard, by stream; of a shard of another cell, `CELL/SHARD` |
//! | `{s}:P:CELL` | stream | what waits for another cell; its newest number is the counter `parked:CELL` |
//! | `{s}:replicas` | string | nothing: written where replicas have to have what is acknowledged |
//! | `{meta}:…` | | facts, dead letters, the view and heartbeats |

use pizza_store::{DelayedKey, LogKey, StreamKey};
use pizza_types::{ActorId, ShardId};

use crate::tag::Tag;

/// The number of digits of numbers in names, so that the order of names is that of numbers.
const DIGITS: usize = 20;

pub(crate) fn of_shard(shard: ShardId, what: &str) -> String {
    format!("{{{}}}:{what}", shard.0)
}

/// How the key of a shard's replies ends.
pub(crate) const REPLIES: &[u8] = b"}:d";

/// And that of its delayed messages.
pub(crate) const DELAYED: &[u8] = b"}:w";

/// Whether a key is that of an actor.
pub(crate) fn is_of_actor(key: &[u8]) -> bool {
    let tag = key.iter().position(|byte| *byte == b'}');
    tag.is_some_and(|tag| key[tag..].starts_with(b"}:a:"))
}

pub(crate) fn of_tag(tag: Tag, what: &str) -> String {
    format!("{{{}}}:{what}", tag.text())
}

pub(crate) fn actor(actor: &ActorId) -> String {
    format!("{{{}}}:a:{actor}", actor.shard().0)
}

pub(crate) fn stream(of: &StreamKey) -> String {
    format!("{{{}}}:s:{}\0{}", of.shard().0, of.stream, of.key)
}

pub(crate) fn cursor(stream: &str, key: &str, subscriber: &str) -> String {
    format!("{subscriber}\0{stream}\0{key}")
}

/// The name of an entry of the log.
pub(crate) fn log_id(key: &LogKey) -> String {
    format!("{}-0", key.number)
}

/// The name of a delayed message within its shard. Names are in the order of the keys.
pub(crate) fn delayed(key: &DelayedKey) -> String {
    let DelayedKey { version, index, .. } = key;
    format!(
        "{}{version:0digits$}\0{index:010}",
        delayed_of(&key.actor),
        digits = DIGITS
    )
}

/// What the names of an actor's delayed messages begin with.
pub(crate) fn delayed_of(actor: &ActorId) -> String {
    format!("{actor}\0")
}

pub(crate) fn meta(what: &str) -> String {
    format!("{{meta}}:{what}")
}
