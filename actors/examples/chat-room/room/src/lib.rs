//! A chat room. Each line is kept in a table, told to whoever follows the room, and to each
//! member; all of that is one commit.

use std::collections::BTreeSet;
use std::ops::Bound;

use bindings::types::Line;
use bindings::{room, room_queries};
use serde::{Deserialize, Serialize};
use silo_sdk::entries::Table;
use silo_sdk::{context, streams};

silo_sdk::actor! { state: Room, world: "room-actor", wit: ["../wit", "../../../../wit/silo"] }
silo_sdk::manifest!({ "calls": [], "publishes": ["chat-lines", "chat-inbox"] });

/// A line is an event for each of them, and a turn has room for 2,048 effects.
const MEMBERS_MAX: usize = 500;
const PAGE_MAX: u32 = 100;
/// What was said, by its number; a state with all of it would be written with each line.
const LINES: Table<Line> = Table::new("lines");

#[derive(Default, Serialize, Deserialize)]
#[silo_sdk::state(schema = 1)]
pub struct Room {
    members: BTreeSet<String>,
    said: u64,
}

#[silo_sdk::commands]
impl room::Guest for Room {
    fn join(&mut self, member: String) -> Result<u32, String> {
        if self.members.len() >= MEMBERS_MAX {
            return Err(format!("{MEMBERS_MAX} are in the room, and it is full"));
        }
        self.members.insert(member);
        Ok(self.count())
    }

    fn leave(&mut self, member: String) -> Result<u32, String> {
        self.members.remove(&member);
        Ok(self.count())
    }

    fn say(&mut self, member: String, text: String) -> Result<Line, String> {
        if !self.members.contains(&member) {
            return Err(format!("{member} is not in the room"));
        }
        self.said += 1;
        let line = Line {
            room: context::key(),
            number: self.said,
            from: member,
            text,
        };
        LINES.insert(&key(line.number), &line);
        // For programs that follow the room…
        streams::publish("chat-lines", &line.room, &line);
        // …and to the actors of its members, each of which has a stream of its own.
        for member in &self.members {
            streams::publish("chat-inbox", member, &line);
        }
        Ok(line)
    }
}

#[silo_sdk::queries]
impl room_queries::Guest for Room {
    fn lines(&self, after: u64, limit: u32) -> Vec<Line> {
        let after = key(after);
        let behind = (Bound::Excluded(after.as_str()), Bound::Unbounded);
        let rows = LINES.range(behind, limit.min(PAGE_MAX));
        rows.into_iter().map(|(_, line)| line).collect()
    }
}

impl Room {
    fn count(&self) -> u32 {
        u32::try_from(self.members.len()).unwrap_or(u32::MAX)
    }
}

/// Keys are in the order of their bytes, so that numbers need all their digits.
fn key(number: u64) -> String {
    format!("{number:020}")
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by it")]
mod tests {
    use silo_sdk::testing::Host;

    use super::*;

    fn say(member: &str, text: &str) -> Result<Line, String> {
        <Room as room::Guest>::say(member.into(), text.into())
    }

    #[test]
    fn members_hear_each_line_and_others_say_nothing() {
        let host = Host::new("room", "lobby");
        for member in ["ada", "bo"] {
            <Room as room::Guest>::join(member.into()).unwrap();
        }
        say("ada", "hello").unwrap();
        assert!(say("eve", "psst").is_err());
        <Room as room::Guest>::leave("bo".into()).unwrap();
        say("ada", "bye").unwrap();
        let heard = host.events().into_iter();
        let heard = heard.filter(|event| event.stream == "chat-inbox");
        let heard: Vec<String> = heard
            .map(|event| format!("{}: {}", event.key, event.payload["text"]))
            .collect();
        assert_eq!(heard, ["ada: \"hello\"", "bo: \"hello\"", "ada: \"bye\""]);
        let lines = <Room as room_queries::Guest>::lines(1, 10);
        assert_eq!((lines.len(), lines[0].number), (1, 2));
        assert_eq!(host.published("chat-lines").len(), 2);
    }
}
