//! Who may come in, and as whom.

use std::time::Duration;

use subtle::ConstantTimeEq as _;

use super::config::{Config, Limits};
use super::hub::Guest;
use super::packet::{Connect, Granted, Version, reason};
use super::session::Side;

const CLIENT_ID_BYTES_MAX: usize = 256;
/// A will is kept for as long as its client's session.
const WILL_BYTES_MAX: usize = 16 << 10;

/// The names and passwords of one side.
pub(super) enum Users {
    Anybody,
    Listed(Vec<(String, String)>),
}

impl Users {
    pub(super) fn of(config: &Config) -> Self {
        if config.users.is_empty() {
            return Self::Anybody;
        }
        let users = config.users.iter();
        Self::Listed(
            users
                .map(|(name, password)| (name.clone(), password.expose().to_owned()))
                .collect(),
        )
    }

    pub(super) fn one(name: &str, password: &str) -> Self {
        Self::Listed(vec![(name.to_owned(), password.to_owned())])
    }

    fn let_in(&self, connect: &Connect) -> bool {
        let Self::Listed(users) = self else {
            return true;
        };
        let name = connect.user.as_deref().unwrap_or_default().as_bytes();
        let password = connect.password.as_deref().unwrap_or_default();
        // As long for a wrong name as for a wrong password.
        let mut found = subtle::Choice::from(0);
        for (a, b) in users {
            found |= name.ct_eq(a.as_bytes()) & password.ct_eq(b.as_bytes());
        }
        found.into()
    }
}

/// The reason why not, or as whom.
pub(super) fn admit(
    connect: &mut Connect,
    users: &Users,
    side: Side,
    limits: &Limits,
    number: u64,
) -> Result<(Guest, Granted), u8> {
    if !users.let_in(connect) {
        return Err(reason::CREDENTIALS);
    }
    let is_v4 = connect.version == Version::V4;
    let nameless = connect.client_id.is_empty();
    if connect.client_id.len() > CLIENT_ID_BYTES_MAX || (nameless && is_v4 && !connect.clean) {
        return Err(reason::CLIENT_ID);
    }
    let will_bytes = connect.will.as_ref().map_or(0, |will| will.message.bytes());
    if will_bytes > WILL_BYTES_MAX {
        return Err(reason::TOO_LARGE);
    }
    let client_id = match nameless {
        true => format!("nameless-{number}"),
        false => connect.client_id.clone(),
    };
    let asked_s = match connect.version {
        Version::V4 if connect.clean => 0,
        Version::V4 => u32::MAX,
        Version::V5 => connect.expiry_s.unwrap_or(0),
    };
    // The house keeps its place for as long as it likes, and takes as much as it says.
    let (expiry_s, window_max) = match side {
        Side::House => (asked_s, connect.receive_max),
        Side::Street => (
            asked_s.min(limits.session_s_max),
            connect.receive_max.min(limits.in_flight_max),
        ),
    };
    let keep_alive_s = connect.keep_alive_s;
    let is_too_calm = keep_alive_s == 0 || keep_alive_s > limits.idle_s_max;
    let granted = Granted {
        client_id: nameless.then(|| client_id.clone()),
        expiry_s,
        receive_max: limits.in_flight_max,
        packet_bytes_max: u32::try_from(limits.packet_bytes_max).unwrap_or(u32::MAX),
        keep_alive_s: if is_too_calm { limits.idle_s_max } else { 0 },
    };
    let guest = Guest {
        side,
        client_id,
        clean: connect.clean,
        expiry: Duration::from_secs(expiry_s.into()),
        window_max: window_max.into(),
        packet_bytes_max: usize::try_from(connect.packet_bytes_max).unwrap_or(usize::MAX),
        will: connect.will.take(),
    };
    Ok((guest, granted))
}
