//! Tokens to try the API with: one for each role, in the demo only. They follow from the
//! admin token, so that they stay the same and nobody else knows them.

use std::fmt::Write as _;

use pizza_gateway::{GatewayConfig, Role, Secret, TokenConfig};
use pizza_silo::Token;

/// Shorter than the whole digest, and still beyond guessing.
const BYTES: usize = 16;

pub(crate) fn add(config: &mut GatewayConfig, admin: &Token) {
    let restaurant = config.default_restaurant.clone();
    let made = Role::ALL.map(|role| TokenConfig {
        token: token(role, admin),
        role,
        subject: match role {
            Role::Customer => "customer-1".to_owned(),
            Role::Driver => "driver-1".to_owned(),
            Role::Kitchen | Role::Manager => restaurant.clone(),
            Role::Admin => String::new(),
        },
    });
    config.tokens.extend(made);
}

/// For people to copy: what each is and may see.
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
    let digest = blake3::derive_key(&context, admin.expose().as_bytes());
    let hex = digest[..BYTES].iter().map(|byte| format!("{byte:02x}"));
    Secret::from(hex.collect::<String>())
}
