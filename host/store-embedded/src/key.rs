//! Keys: what belongs to an actor starts with its shard; numbers are big endian, so
//! that the order of keys is the order of rows.
//!
//! A name ends with a NUL. Names that guests choose may contain one, so the bytes 0
//! and 1 are written as 1,1 and 1,2: order is kept, and no name is a prefix of another.

use pizza_store::DelayedKey;
use pizza_types::{ActorId, MessageId, ShardId};

/// The key of the row in the system's table that numbers the batches of the database's journal.
pub(crate) const SEQUENCE: &[u8] = b"pizza.sequence";
/// The key of the row in the system's table that says how much of the log the database has.
pub(crate) const CHECKPOINT: &[u8] = b"pizza.checkpoint";

/// Ends a name.
const END: u8 = 0;
/// Stands before what could be taken for an end, or for itself.
const ESCAPE: u8 = 1;

pub(crate) fn push_name(key: &mut Vec<u8>, name: &str) {
    key.reserve(name.len() + 1);
    if name.bytes().all(|byte| byte > ESCAPE) {
        // Nearly every name.
        key.extend_from_slice(name.as_bytes());
        return key.push(END);
    }
    for byte in name.bytes() {
        match byte {
            END => key.extend([ESCAPE, 1]),
            ESCAPE => key.extend([ESCAPE, 2]),
            other => key.push(other),
        }
    }
    key.push(END);
}

/// The name at the start of `key`, and what follows it.
pub(crate) fn take_name(key: &[u8]) -> Option<(String, &[u8])> {
    // The first NUL is the end, for none is left inside a name.
    let end = key.iter().position(|byte| *byte == END)?;
    let (name, rest) = (key.get(..end)?, key.get(end + 1..)?);
    let mut bytes = Vec::with_capacity(name.len());
    let mut escaped = false;
    for byte in name {
        match (escaped, *byte) {
            (false, ESCAPE) => escaped = true,
            (false, other) => bytes.push(other),
            (true, 1) => (escaped, _) = (false, bytes.push(END)),
            (true, 2) => (escaped, _) = (false, bytes.push(ESCAPE)),
            (true, _) => return None,
        }
    }
    Some((String::from_utf8(bytes).ok()?, rest))
}

pub(crate) fn take_u64(key: &[u8]) -> Option<(u64, &[u8])> {
    let (number, rest) = key.split_first_chunk::<8>()?;
    Some((u64::from_be_bytes(*number), rest))
}

pub(crate) fn take_actor(key: &[u8]) -> Option<(ActorId, &[u8])> {
    let (_, rest) = key.split_first_chunk::<2>()?;
    let (actor_type, rest) = take_name(rest)?;
    let (name, rest) = take_name(rest)?;
    Some((ActorId::new(actor_type, name).ok()?, rest))
}

pub(crate) fn actor(actor: &ActorId) -> Vec<u8> {
    let mut key = shard(actor.shard());
    push_name(&mut key, actor.actor_type());
    push_name(&mut key, actor.key());
    key
}

pub(crate) fn shard(shard: ShardId) -> Vec<u8> {
    let mut key = Vec::with_capacity(64);
    key.extend(shard.0.to_be_bytes());
    key
}

/// The key of the shard of an actor, from the actor's own.
pub(crate) fn shard_of(actor: &[u8]) -> &[u8] {
    actor.get(..2).unwrap_or(actor)
}

pub(crate) fn of_actor(actor: &[u8], name: &str) -> Vec<u8> {
    let mut key = actor.to_vec();
    push_name(&mut key, name);
    key
}

pub(crate) fn handled(actor: &[u8], id: MessageId) -> Vec<u8> {
    [actor, &id.0].concat()
}

pub(crate) fn delayed(actor: &[u8], version: u64, index: u32) -> Vec<u8> {
    [actor, &version.to_be_bytes(), &index.to_be_bytes()].concat()
}

pub(crate) fn delayed_of(row: &DelayedKey) -> Vec<u8> {
    delayed(&actor(&row.actor), row.version, row.index)
}

pub(crate) fn take_delayed(key: &[u8]) -> Option<DelayedKey> {
    let (actor, rest) = take_actor(key)?;
    let (version, rest) = take_u64(rest)?;
    Some(DelayedKey {
        shard: actor.shard(),
        actor,
        version,
        index: u32::from_be_bytes(rest.try_into().ok()?),
    })
}

pub(crate) fn log(of: ShardId, number: u64) -> Vec<u8> {
    let mut key = shard(of);
    key.extend(number.to_be_bytes());
    key
}

pub(crate) fn take_log(key: &[u8]) -> Option<(ShardId, u64)> {
    let (shard, rest) = key.split_first_chunk::<2>()?;
    let (number, _) = take_u64(rest)?;
    Some((ShardId(u16::from_be_bytes(*shard)), number))
}

/// The key of a reminder's row by time. `reminder` is the key of the reminder's own row.
pub(crate) fn due(due_ms: u64, reminder: &[u8]) -> Vec<u8> {
    [&due_ms.to_be_bytes(), reminder].concat()
}

/// The key of an actor of a type among those that have ended, or with the type [`RETIRED`] among
/// those that were retired. `actor` is its own key.
pub(crate) fn ended(actor_type: &str, at_ms: u64, actor: &[u8]) -> Vec<u8> {
    let mut key = names(&[actor_type]);
    key.extend(at_ms.to_be_bytes());
    key.extend(actor);
    key
}

/// No actor type has this name.
pub(crate) const RETIRED: &str = "";

pub(crate) fn take_ended(key: &[u8]) -> Option<(u64, ActorId)> {
    let (_, rest) = take_name(key)?;
    let (at_ms, rest) = take_u64(rest)?;
    Some((at_ms, take_actor(rest)?.0))
}

/// The number of bits of a number that tell the rows of one batch apart.
pub(crate) const INDEX_BITS: u32 = 11;

/// The number of the `index`th dead letter, or entry of the log, that batch `sequence` adds:
/// batches have numbers that rise and are never given twice, so these have too, without a counter
/// to keep.
pub(crate) fn number(sequence: u64, index: u32) -> u64 {
    (sequence << INDEX_BITS) | u64::from(index)
}

pub(crate) fn dead_letter(number: u64) -> Vec<u8> {
    let index = (number & ((1 << INDEX_BITS) - 1)) as u32;
    let sequence = number >> INDEX_BITS;
    [&sequence.to_be_bytes()[..], &index.to_be_bytes()].concat()
}

pub(crate) fn take_dead_letter(key: &[u8]) -> Option<u64> {
    let (sequence, index) = take_u64(key)?;
    let index = u32::from_be_bytes(index.try_into().ok()?);
    Some(number(sequence, index))
}

pub(crate) fn take_message(key: &[u8]) -> Option<MessageId> {
    Some(MessageId(key.try_into().ok()?))
}

pub(crate) fn names(parts: &[&str]) -> Vec<u8> {
    let mut key = Vec::with_capacity(64);
    for part in parts {
        push_name(&mut key, part);
    }
    key
}

/// The key of an event. `stream` is the key made of the stream's and the key's name.
pub(crate) fn event(stream: &[u8], position: u64) -> Vec<u8> {
    [stream, &position.to_be_bytes()].concat()
}

/// The first key that is above every key with this prefix.
pub(crate) fn above(prefix: &[u8]) -> Option<Vec<u8>> {
    // Bytes of 255 at the end cannot be raised; without any other there is nothing above.
    let last = prefix.iter().rposition(|byte| *byte != u8::MAX)?;
    let mut end = prefix.get(..=last)?.to_vec();
    *end.last_mut()? += 1;
    Some(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_back_and_keep_their_order() {
        let mut texts = [
            "", "a", "a\0", "a\0b", "a\u{1}", "a\u{2}", "ab", "b", "ä", "\0\0",
        ];
        texts.sort_unstable();
        let keys: Vec<_> = texts.iter().map(|text| names(&[text, "x"])).collect();
        assert!(keys.is_sorted());
        for (text, key) in texts.iter().zip(&keys) {
            let (name, rest) = take_name(key).expect("a name");
            assert_eq!((name.as_str(), rest), (*text, names(&["x"]).as_slice()));
            let prefix = names(&[text]);
            let under = keys.iter().filter(|key| key.starts_with(&prefix));
            assert_eq!(under.count(), 1, "{text:?} is a prefix of another");
        }
    }

    #[test]
    fn numbers_of_letters_come_back_and_keep_their_order() {
        let parts = [(1, 1), (1, 1024), (2, 1), (3, 7), (1 << 40, 1)];
        let numbers = parts.map(|(sequence, index)| number(sequence, index));
        assert!(numbers.is_sorted());
        assert!(numbers.map(dead_letter).is_sorted());
        for number in numbers {
            assert_eq!(take_dead_letter(&dead_letter(number)), Some(number));
        }
    }

    #[test]
    fn the_key_of_a_delayed_message_comes_back() {
        let actor = ActorId::new("meter", "meter-1").expect("legal");
        let row = pizza_store::apply::delayed_key(&actor, 7, 3);
        assert_eq!(take_delayed(&delayed_of(&row)), Some(row));
    }
}
