//! Where webhooks may be posted to: the open Internet, and what is allowed of the networks inside.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr as _;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

/// What is not the open Internet (the registries of special addresses, RFC 6890), and one address that
/// gives away a cloud's secrets although it looks like one of the Internet.
const INSIDE_V4: &[(Ipv4Addr, u8)] = &[
    (Ipv4Addr::new(0, 0, 0, 0), 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    // Between a provider and its customers (RFC 6598).
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    (Ipv4Addr::new(168, 63, 129, 16), 32),
    // Link-local, with the metadata of most clouds at 169.254.169.254.
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    // Multicast, what is reserved, and broadcast.
    (Ipv4Addr::new(224, 0, 0, 0), 3),
];
/// Of IPv6 the Internet is this one alone…
const INTERNET_V6: (Ipv6Addr, u8) = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);
/// …without these: protocols' own (Teredo among them), documentation, and 6to4, which leads to any address
/// of IPv4.
const INSIDE_V6: &[(Ipv6Addr, u8)] = &[
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
];

/// The networks inside that may be posted to.
#[derive(Debug, Clone, Default)]
pub(crate) struct Allowed(Vec<IpNet>);

impl Allowed {
    /// Reads addresses and networks; the first that is neither is the error.
    pub(crate) fn read(texts: &[String]) -> Result<Self, String> {
        let network = |text: &String| {
            let network = IpNet::from_str(text);
            let address = IpAddr::from_str(text).map(IpNet::from);
            network.ok().or(address.ok()).ok_or_else(|| text.clone())
        };
        let networks: Result<_, _> = texts.iter().map(network).collect();
        networks.map(Self)
    }

    /// Whether something may be posted to this address.
    pub(crate) fn has(&self, address: IpAddr) -> bool {
        is_internet(address) || self.0.iter().any(|network| network.contains(&address))
    }
}

/// Whether an address is one of the open Internet.
fn is_internet(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            let mut inside = INSIDE_V4.iter();
            !inside.any(|(network, bits)| Ipv4Net::new_assert(*network, *bits).contains(&address))
        }
        // Addresses of IPv4 that are written as such of IPv6 are none of the Internet: nobody needs them.
        IpAddr::V6(address) => {
            let is_in = |(network, bits): (Ipv6Addr, u8)| {
                Ipv6Net::new_assert(network, bits).contains(&address)
            };
            is_in(INTERNET_V6) && !INSIDE_V6.iter().copied().any(is_in)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_internet_is_posted_to() {
        for (address, expected) in [
            ("93.184.216.34", true),
            ("8.8.8.8", true),
            ("172.15.255.255", true),
            ("172.32.0.1", true),
            ("100.63.255.255", true),
            ("2606:4700::1111", true),
            ("2a00:1450:4001:82a::200e", true),
            ("127.0.0.1", false),
            ("127.255.255.254", false),
            ("0.0.0.0", false),
            ("0.1.2.3", false),
            ("10.1.2.3", false),
            ("172.16.0.1", false),
            ("172.31.255.255", false),
            ("192.168.1.1", false),
            ("169.254.169.254", false),
            ("168.63.129.16", false),
            ("100.64.0.1", false),
            ("100.100.100.200", false),
            ("100.127.255.255", false),
            ("192.0.0.192", false),
            ("198.18.0.1", false),
            ("224.0.0.1", false),
            ("239.255.255.255", false),
            ("240.0.0.1", false),
            ("255.255.255.255", false),
            ("::", false),
            ("::1", false),
            ("::ffff:127.0.0.1", false),
            ("::ffff:8.8.8.8", false),
            ("::127.0.0.1", false),
            ("64:ff9b::7f00:1", false),
            ("64:ff9b:1::1", false),
            ("fe80::1", false),
            ("fc00::1", false),
            ("fd00:ec2::254", false),
            ("ff02::1", false),
            ("2001::1", false),
            ("2001:db8::1", false),
            ("2002:7f00:1::", false),
            ("3fff::1", false),
        ] {
            let parsed = address.parse().expect("an address");
            assert_eq!(Allowed::default().has(parsed), expected, "{address}");
        }
    }

    #[test]
    fn what_is_allowed_is_allowed_and_its_neighbours_are_not() {
        let texts = ["127.0.0.1", "10.1.0.0/16", "fd12::/16"].map(str::to_owned);
        let allowed = Allowed::read(&texts).expect("networks");
        for (address, expected) in [
            ("127.0.0.1", true),
            ("127.0.0.2", false),
            ("10.1.200.3", true),
            ("10.2.0.1", false),
            ("fd12::7", true),
            ("fd13::7", false),
            ("::ffff:127.0.0.1", false),
            ("8.8.8.8", true),
        ] {
            let parsed = address.parse().expect("an address");
            assert_eq!(allowed.has(parsed), expected, "{address}");
        }
        let wrong = Allowed::read(&["10.0.0.0/33".to_owned()]);
        assert_eq!(wrong.err().as_deref(), Some("10.0.0.0/33"));
    }
}
