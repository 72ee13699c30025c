//! Tokens to try the API with: one for each role, in the demo only. They follow from the
//! admin token, so that they stay the same and nobody else knows them; those of a gateway in a process of
//! its own from what it shows to silos, which all gateways show.

use std::fmt::Write as _;

use pizza_gateway::{GatewayConfig, Role, Secret, TokenConfig};
use pizza_load::first_data::subject;
use pizza_silo::Token;

/// How many bytes of the digest a token has: fewer than all, and still beyond guessing.
const BYTES: usize = 16;

pub(crate) fn add(config: &mut GatewayConfig, admin: &Token) {
    let key = config.default_key().to_owned();
    let made = Role::ALL.map(|role| TokenConfig {
        token: token(role, admin),
        role,
        subject: subject(role.name(), &key),
    });
    config.tokens.extend(made);
}

/// The tokens as lines for people to copy, each with its role.
pub(crate) fn listed(admin: &Token) -> String {
    let mut lines = String::new();
    for role in Role::ALL {
        let token = token(role, admin).into_exposed();
        // Writing to a string does not fail.
        let _ = writeln!(lines, "  {:9} {token}", role.name());
    }
    lines
}

fn token(role: Role, admin: &Token) -> Secret {
    let context = format!("awesome-pizza 2026 development token {}", role.name());
    // The context keeps these apart from whatever else is ever derived from the admin token.
    let digest = blake3::derive_key(&context, admin.expose().as_bytes());
    let hex = digest[..BYTES].iter().map(|byte| format!("{byte:02x}"));
    Secret::from(hex.collect::<String>())
}
