//! Where the store is said to be.
//!
//! | form | what |
//! |---|---|
//! | `redis://[user:password@]host[:port][,host[:port]…][/database]` | a server, or members of a Redis Cluster: one is enough |
//! | `redis+sentinel://[user:password@]host[:port][,…]/service[/database]` | sentinels, and the name under which they watch a primary |
//! | `rediss://…`, `rediss+sentinel://…` | the same with TLS: to all servers, and to sentinels |
//!
//! Name and password are those of the servers; sentinels are asked without.

use std::sync::Arc;

use redis::{Client, RedisResult};

const PORT: u16 = 6_379;
const SENTINEL_PORT: u16 = 26_379;

/// A server, as `host:port`.
pub(crate) type Node = Arc<str>;

/// Joins host and port; an IPv6 address in brackets.
pub(crate) fn node(host: &str, port: &str) -> Node {
    if host.contains(':') && !host.starts_with('[') {
        format!("[{host}]:{port}").into()
    } else {
        format!("{host}:{port}").into()
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Address {
    /// Servers, or sentinels.
    pub(crate) nodes: Vec<Node>,
    /// What sentinels call the primary; `None` where there are none.
    pub(crate) service: Option<String>,
    /// `user:password@`, or nothing.
    credentials: String,
    /// What stands behind the servers: `/database`.
    pub(crate) database: String,
    /// Whether servers and sentinels are spoken to by TLS.
    pub(crate) has_tls: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{url:?} is no address of a store: {fault}; it should be redis://host:port,host:port/database or \
     redis+sentinel://host:port,host:port/service/database, or with TLS the same of rediss"
)]
pub(crate) struct Wrong {
    url: String,
    fault: &'static str,
}

/// Whether the address of a store asks for TLS.
#[must_use]
pub fn asks_for_tls(url: &str) -> bool {
    let scheme = url.split_once("://").map(|(scheme, _)| scheme);
    matches!(scheme, Some("rediss" | "rediss+sentinel"))
}

impl Address {
    /// Reads an address.
    ///
    /// # Errors
    /// When it is none; the text has no password in it.
    pub(crate) fn parse(url: &str) -> Result<Self, Wrong> {
        let wrong = |fault| Wrong {
            url: without_password(url),
            fault,
        };
        let (scheme, rest) = url.split_once("://").ok_or_else(|| wrong("no scheme"))?;
        let is_sentinel = match scheme {
            "redis" | "rediss" => false,
            "redis+sentinel" | "rediss+sentinel" => true,
            _ => return Err(wrong("an unknown scheme")),
        };
        let (hosts, path) = rest.split_once('/').unwrap_or((rest, ""));
        let (credentials, hosts) = match hosts.rsplit_once('@') {
            Some((credentials, hosts)) => (format!("{credentials}@"), hosts),
            None => (String::new(), hosts),
        };
        let port = if is_sentinel { SENTINEL_PORT } else { PORT };
        let mut nodes = Vec::new();
        for host in hosts.split(',') {
            nodes.push(with_port(host, port).ok_or_else(|| wrong("no host"))?);
        }
        let (service, database) = if is_sentinel {
            let (service, database) = path.split_once('/').unwrap_or((path, ""));
            if service.is_empty() {
                return Err(wrong("no service behind the sentinels"));
            }
            (Some(service.to_owned()), database)
        } else {
            (None, path)
        };
        Ok(Self {
            nodes,
            service,
            credentials,
            database: format!("/{database}"),
            has_tls: asks_for_tls(url),
        })
    }

    /// What is said to a server, whatever carries it. This connects to nobody yet.
    ///
    /// # Errors
    /// When it has no legal name.
    pub(crate) fn client(&self, node: &Node) -> RedisResult<Client> {
        let (credentials, database) = (&self.credentials, &self.database);
        Client::open(format!("redis://{credentials}{node}{database}"))
    }

    /// What is said to a sentinel.
    ///
    /// # Errors
    /// When it has no legal name.
    pub(crate) fn sentinel(node: &Node) -> RedisResult<Client> {
        Client::open(format!("redis://{node}/"))
    }
}

fn with_port(host: &str, port: u16) -> Option<Node> {
    // What follows the brackets of an IPv6 address is its port.
    let behind = host.rfind(']').map_or(0, |at| at + 1);
    let (_, tail) = host.split_at(behind);
    match tail.rsplit_once(':') {
        Some(("", _)) if behind == 0 => None,
        Some(_) => Some(host.into()),
        None if host.is_empty() => None,
        None => Some(format!("{host}:{port}").into()),
    }
}

fn without_password(url: &str) -> String {
    match (url.split_once("://"), url.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, behind))) => format!("{scheme}://…@{behind}"),
        _ => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(url: &str) -> (Vec<String>, Option<String>, String) {
        let address = Address::parse(url).expect("an address");
        let nodes = address.nodes.iter().map(ToString::to_string).collect();
        (nodes, address.service, address.database)
    }

    #[test]
    fn addresses_are_read() {
        let one = |node: &str| vec![node.to_owned()];
        assert_eq!(parsed("redis://h"), (one("h:6379"), None, "/".into()));
        assert_eq!(parsed("redis://h:1/3"), (one("h:1"), None, "/3".into()));
        assert_eq!(
            parsed("redis://u:p@[::1]:7,[::2]"),
            (
                vec!["[::1]:7".into(), "[::2]:6379".into()],
                None,
                "/".into()
            )
        );
        assert_eq!(
            parsed("redis+sentinel://a,b:9/main/2"),
            (
                vec!["a:26379".into(), "b:9".into()],
                Some("main".into()),
                "/2".into()
            )
        );
    }

    #[test]
    fn the_scheme_says_whether_there_is_tls() {
        for (url, expected) in [
            ("redis://h", false),
            ("rediss://u:p@h:1,h:2/3", true),
            ("redis+sentinel://h/main", false),
            ("rediss+sentinel://h/main/2", true),
        ] {
            assert_eq!(Address::parse(url).expect(url).has_tls, expected, "{url}");
        }
        assert_eq!(parsed("rediss://h").0, ["h:6379"]);
        let sentinels = parsed("rediss+sentinel://h/main");
        assert_eq!(sentinels.0, ["h:26379"]);
        assert_eq!(sentinels.1.as_deref(), Some("main"));
    }

    #[test]
    fn what_is_no_address_is_refused_without_its_password() {
        for (url, fault) in [
            ("h:1", "no scheme"),
            ("rediss://u:secret@:1", "no host"),
            ("http://u:secret@h:1", "unknown scheme"),
            ("redis://h:1,,h:2", "no host"),
            ("redis://", "no host"),
            ("redis+sentinel://h:1", "no service"),
        ] {
            let error = Address::parse(url).expect_err(url).to_string();
            assert!(error.contains(fault), "{error}");
            assert!(!error.contains("secret"), "{error}");
        }
    }
}
