//! Asking servers who has which slot, and sentinels who is the primary.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use redis::{ErrorKind, RedisError, RedisResult, Value};

use crate::address::{Node, node};
use crate::dial::{Connection, Dial, Waits};
use crate::tag::{SLOTS, Tag};
use crate::value::{array, number, text};

/// So long one server is waited for; then the next one is asked.
const WAITS: Waits = Waits {
    connect: Duration::from_millis(300),
    answer: Duration::from_millis(300),
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Single,
    Cluster,
    Sentinel,
}

/// What a server says.
pub(crate) struct Found {
    /// The primary of each tag; `None` where the slot is nobody's.
    pub(crate) owners: Vec<Option<Node>>,
    /// Primaries and replicas.
    pub(crate) nodes: BTreeSet<Node>,
}

impl Found {
    fn one(primary: &Node) -> Self {
        Self {
            owners: Tag::all().map(|_| Some(Arc::clone(primary))).collect(),
            nodes: [Arc::clone(primary)].into(),
        }
    }

    /// The primary of each tag.
    ///
    /// # Errors
    /// When a slot is nobody's: such a cluster is not whole yet.
    pub(crate) fn first_owners(&self) -> RedisResult<Vec<Node>> {
        let owners: Option<Vec<Node>> = self.owners.iter().cloned().collect();
        owners.ok_or_else(|| error("not all slots of the cluster are given to a server"))
    }
}

fn error(text: impl Into<String>) -> RedisError {
    RedisError::from((ErrorKind::Client, "the store", text.into()))
}

/// Finds out what there is at an address.
///
/// # Errors
/// When nobody there answers, or what there is does not fit together; the fault of the last one asked.
pub(crate) async fn first(dial: &Dial) -> RedisResult<(Kind, Found)> {
    if dial.address.service.is_some() {
        let found = again(Kind::Sentinel, dial, &[], 0).await?;
        return Ok((Kind::Sentinel, found));
    }
    let mut last = error("no server is named");
    for node in &dial.address.nodes {
        match ask_first(dial, node).await {
            Ok(found) => return Ok(found),
            Err(error) => last = error,
        }
    }
    Err(last)
}

async fn ask_first(dial: &Dial, node: &Node) -> RedisResult<(Kind, Found)> {
    let mut connection = dial.server(node, WAITS).await?;
    let info = connection.ask(redis::cmd("INFO").arg("cluster")).await?;
    if text(info).is_some_and(|info| info.contains("cluster_enabled:1")) {
        return Ok((Kind::Cluster, slots(&mut connection, node).await?));
    }
    if dial.address.nodes.len() > 1 {
        return Err(error(format!(
            "several servers are named, and {node} is no member of a cluster"
        )));
    }
    Ok((Kind::Single, Found::one(node)))
}

/// Asks again, `turn` says who is asked first.
///
/// # Errors
/// When nobody says; the fault of the last one asked.
pub(crate) async fn again(
    kind: Kind,
    dial: &Dial,
    nodes: &[Node],
    turn: usize,
) -> RedisResult<Found> {
    let asked = if kind == Kind::Sentinel {
        &dial.address.nodes
    } else {
        nodes
    };
    let mut last = error("no server is known");
    for at in 0..asked.len() {
        let Some(node) = asked.get((turn + at) % asked.len()) else {
            continue;
        };
        let found = match &dial.address.service {
            Some(service) => primary(dial, node, service).await,
            None => match dial.server(node, WAITS).await {
                Ok(mut connection) => slots(&mut connection, node).await,
                Err(error) => Err(error),
            },
        };
        match found {
            Ok(found) => return Ok(found),
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// Who has which slot, as `asked` says.
async fn slots(connection: &mut Connection, asked: &Node) -> RedisResult<Found> {
    let said = connection.ask(redis::cmd("CLUSTER").arg("SLOTS")).await?;
    let mut by_slot: Vec<Option<Node>> = vec![None; usize::from(SLOTS)];
    let mut nodes = BTreeSet::new();
    for range in array(said) {
        let mut range = array(range).into_iter();
        let (first, last) = (range.next().and_then(number), range.next().and_then(number));
        let members: Vec<Node> = range.filter_map(|member| named(member, asked)).collect();
        let (Some(first), Some(last), Some(primary)) = (first, last, members.first()) else {
            continue;
        };
        for (slot, owner) in by_slot.iter_mut().enumerate() {
            if (first..=last).contains(&(slot as u64)) {
                *owner = Some(Arc::clone(primary));
            }
        }
        nodes.extend(members);
    }
    // Slots have no replica that was never written to.
    let said = connection.ask(redis::cmd("CLUSTER").arg("NODES")).await?;
    for line in text(said).unwrap_or_default().lines() {
        nodes.extend(member(line, asked));
    }
    let owner = |tag: Tag| by_slot.get(usize::from(tag.slot())).cloned().flatten();
    Ok(Found {
        owners: Tag::all().map(owner).collect(),
        nodes,
    })
}

/// The address in a line of `CLUSTER NODES`, as in `ID 127.0.0.1:7001@17001,name slave …`; none of one
/// that has failed, or was never reached.
fn member(line: &str, asked: &Node) -> Option<Node> {
    let mut words = line.split(' ').skip(1);
    let (host, port) = words.next()?.split('@').next()?.rsplit_once(':')?;
    let mut flags = words.next()?.split(',');
    if flags.any(|flag| matches!(flag, "fail" | "noaddr" | "handshake")) {
        return None;
    }
    match host {
        "" => Some(node(asked.rsplit_once(':')?.0, port)),
        host => Some(node(host, port)),
    }
}

/// A member as `CLUSTER SLOTS` has it; one without a host is at the host of whoever says so.
fn named(member: Value, asked: &Node) -> Option<Node> {
    let mut member = array(member).into_iter();
    let (host, port) = (member.next(), member.next().and_then(number)?);
    let port = port.to_string();
    match host
        .and_then(text)
        .filter(|host| !matches!(&**host, "" | "?"))
    {
        Some(host) => Some(node(&host, &port)),
        None => Some(node(asked.rsplit_once(':')?.0, &port)),
    }
}

/// The primary that a sentinel names, and its replicas. One that does not say itself that it is the
/// primary is none: the sentinel may be behind.
async fn primary(dial: &Dial, sentinel: &Node, service: &str) -> RedisResult<Found> {
    let mut connection = dial.sentinel(sentinel, WAITS).await?;
    let mut command = redis::cmd("SENTINEL");
    command.arg("get-master-addr-by-name").arg(service);
    let mut said = array(connection.ask(&command).await?).into_iter();
    let unknown = || error(format!("sentinel {sentinel} watches no {service:?}"));
    let host = said.next().and_then(text).ok_or_else(unknown)?;
    let port = said.next().and_then(text).ok_or_else(unknown)?;
    let primary = node(&host, &port);
    is_primary(&mut dial.server(&primary, WAITS).await?, &primary).await?;
    let mut found = Found::one(&primary);
    let mut command = redis::cmd("SENTINEL");
    command.arg("replicas").arg(service);
    for replica in array(connection.ask(&command).await?) {
        let fields = array(replica).into_iter().filter_map(text);
        let fields: Vec<String> = fields.collect();
        let field = |name: &str| {
            let mut pairs = fields.chunks_exact(2);
            pairs.find_map(|pair| (pair[0] == name).then(|| pair[1].clone()))
        };
        if let (Some(host), Some(port)) = (field("ip"), field("port")) {
            found.nodes.insert(node(&host, &port));
        }
    }
    Ok(found)
}

/// # Errors
/// When it is a replica, or does not say.
pub(crate) async fn is_primary(connection: &mut Connection, node: &Node) -> RedisResult<()> {
    let role = array(connection.ask(&redis::cmd("ROLE")).await?);
    match role.into_iter().next().and_then(text).as_deref() {
        Some("master") => Ok(()),
        role => Err(error(format!(
            "{node} is no primary but {}",
            role.unwrap_or("nothing known")
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_read() {
        let check = |line, expected: Option<&str>| {
            let asked: Node = "here:1".into();
            assert_eq!(member(line, &asked).as_deref(), expected, "{line}");
        };
        check("id 127.0.0.1:2@3,name slave x 0", Some("127.0.0.1:2"));
        check("id ::1:2@3 myself,master - 0", Some("[::1]:2"));
        check("id :2@3 myself,master - 0", Some("here:2"));
        check("id 127.0.0.1:2@3 master,fail - 0", None);
        check("id :0@0 master,noaddr - 0", None);
        check("", None);
    }
}
