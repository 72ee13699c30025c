//! What a client calls its topics (MQTT 5, 3.3.2.3.4), on this connection alone.

use std::collections::HashMap;

use crate::packet::{Message, Refused, reason, refused};

pub(super) struct Aliases {
    topics: HashMap<u16, Box<str>>,
    /// The client was told: it may use the numbers from 1 to this.
    max: u16,
}

impl Aliases {
    pub(super) fn new(max: u16) -> Self {
        Self {
            topics: HashMap::new(),
            max,
        }
    }

    /// The message with the topic that it is of, which is what its alias means from now on.
    ///
    /// # Errors
    /// When the alias is above the limit, or means nothing.
    pub(super) fn resolve(
        &mut self,
        alias: Option<u16>,
        mut message: Message,
    ) -> Result<Message, Refused> {
        let Some(alias) = alias else {
            return Ok(message);
        };
        // It is never 0 here: that was refused when the packet was read.
        if alias > self.max {
            return Err(refused(
                reason::TOPIC_ALIAS,
                "a topic has too high an alias",
            ));
        }
        if message.topic.is_empty() {
            let topic = self.topics.get(&alias);
            let why = "an alias means no topic";
            message.topic = topic.ok_or(refused(reason::PROTOCOL_ERROR, why))?.clone();
        } else {
            self.topics.insert(alias, message.topic.clone());
        }
        Ok(message)
    }
}
