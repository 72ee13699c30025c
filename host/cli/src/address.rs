//! Addresses as people write them.

use std::net::{Ipv4Addr, SocketAddr, ToSocketAddrs as _};

/// Understands `127.0.0.1:5000`, `[::1]:5000`, `localhost:5000` and other names that this machine
/// can look up, and a port alone, which is one of this machine's own: `5000`, `:5000`.
///
/// # Errors
/// What it is to look like, when it is none; that nobody knows the name.
pub fn parse(text: &str) -> Result<SocketAddr, String> {
    if let Ok(address) = text.parse() {
        return Ok(address);
    }
    if let Ok(port) = text.strip_prefix(':').unwrap_or(text).parse::<u16>() {
        return Ok(SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
    }
    let is_named = text
        .rsplit_once(':')
        .is_some_and(|(host, port)| is_name(host) && port.parse::<u16>().is_ok());
    if !is_named {
        return Err("an address like 127.0.0.1:5000, localhost:5000 or 5000".to_owned());
    }
    let found = text.to_socket_addrs();
    let found = found.map_err(|error| format!("nobody knows this name: {error}"))?;
    let found: Vec<_> = found.collect();
    // By default everything here is served at 127.0.0.1, and a name may stand for ::1 as well.
    let first = found.iter().find(|address| address.is_ipv4());
    let first = first.or(found.first());
    first
        .copied()
        .ok_or_else(|| "the name has no address".to_owned())
}

/// Whether somebody may be called that; a URL is no name.
fn is_name(host: &str) -> bool {
    !host.is_empty() && !host.contains('/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_write_is_understood() {
        for (text, expected) in [
            ("10.0.0.7:5002", "10.0.0.7:5002"),
            ("[::1]:5002", "[::1]:5002"),
            ("localhost:5000", "127.0.0.1:5000"),
            ("5000", "127.0.0.1:5000"),
            (":5000", "127.0.0.1:5000"),
        ] {
            let expected = expected.parse().expect("an address");
            assert_eq!(parse(text), Ok(expected), "{text}");
        }
        for text in [
            "",
            ":",
            "localhost",
            "localhost:",
            ":x",
            "70000",
            "http://localhost:5000",
        ] {
            let refused = parse(text).expect_err(text);
            assert!(refused.contains("localhost:5000"), "{text}: {refused}");
        }
        let unknown = parse("nowhere.invalid:5000").expect_err("a reserved name");
        assert!(unknown.contains("nobody knows"), "{unknown}");
    }
}
