//! Errors by which a server says that it has not run a command, and that it may run later or
//! elsewhere. All others are answers.

use redis::ServerError;

use crate::address::{Node, node};

/// What becomes of a command that was not run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NotRun {
    /// Its slot is there now.
    Moved(Node),
    /// Its slot is on its way there, and this key has arrived, or never was.
    Ask(Node),
    /// Some of its keys are on their way: all have to be at one server.
    Migrating,
    /// The server serves nobody at this time, or no longer those who want to write.
    Later,
    /// It does not know the script.
    NoScript,
}

/// Reads an error of `from`; `None` for one that is the command's answer.
pub(crate) fn not_run(error: &ServerError, from: &Node) -> Option<NotRun> {
    let to = || target(error.details().unwrap_or_default(), from);
    match error.code() {
        "MOVED" => to().map(NotRun::Moved),
        "ASK" => to().map(NotRun::Ask),
        "TRYAGAIN" => Some(NotRun::Migrating),
        "CLUSTERDOWN" | "LOADING" | "MASTERDOWN" | "READONLY" => Some(NotRun::Later),
        "NOSCRIPT" => Some(NotRun::NoScript),
        _ => None,
    }
}

/// The server in `3999 127.0.0.1:6381`. Without a host it is the one of the server that said so.
fn target(details: &str, from: &Node) -> Option<Node> {
    let (host, port) = details.split(' ').nth(1)?.rsplit_once(':')?;
    Some(match host {
        "" | "?" => node(from.rsplit_once(':')?.0, port),
        host => node(host, port),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_a_slot_is_read() {
        let from: Node = "here:1".into();
        let check = |details, expected: Option<&str>| {
            assert_eq!(target(details, &from).as_deref(), expected, "{details}");
        };
        check("3999 127.0.0.1:6381", Some("127.0.0.1:6381"));
        check("3999 :6381", Some("here:6381"));
        check("3999 ::1:6381", Some("[::1]:6381"));
        check("", None);
    }
}
