//! What people read when everything is open.

use std::io::Write as _;
use std::net::SocketAddr;

use pizza_silo::Token;

use crate::config::Config;

/// The addresses that are open, and what the banner says of them.
pub(crate) struct Open {
    pub(crate) http: SocketAddr,
    pub(crate) https: Option<SocketAddr>,
    pub(crate) admin: SocketAddr,
    /// The lines of the banner about MQTT.
    pub(crate) mqtt: String,
    /// The lines of the banner about tokens; absent outside of a demo.
    pub(crate) tokens: Option<String>,
}

/// Prints the banner.
pub(crate) fn show(config: &Config, open: &Open) {
    let Open {
        http, admin, mqtt, ..
    } = open;
    let data = config.silo.data.display();
    // A token that somebody chose is not repeated on a screen.
    let token = match &config.admin_token {
        Some(_) => "as configured".to_owned(),
        None => Token::path(&config.silo.data).display().to_string(),
    };
    let https = open.https.map_or_else(String::new, |https| {
        format!("  TLS    https://{https}/api\n")
    });
    let tokens = open.tokens.as_ref().map_or_else(String::new, |tokens| {
        let none = if config.gateway.anonymous_on_loopback {
            "; from this machine none is needed"
        } else {
            ""
        };
        format!("Tokens to try each role with{none}:\n{tokens}")
    });
    let pages = crate::pages::banner(*http);
    let invitation = pizza_load::texts::invitation(*http);
    let banner = format!(
        "Awesome Pizza is open.\n\
         \x20 API    http://{http}/api  (docs: http://{http}/docs)\n\
         {https}\
         {pages}\
         {mqtt}\
         \x20 admin  http://{admin}/stats  (token: {token})\n\
         \x20 data   {data}\n\
         {tokens}\
         {invitation}"
    );
    // Nobody may be reading; that is no reason to close the pizzeria.
    let mut out = std::io::stdout().lock();
    // Flushed, because a supervisor may wait for these lines.
    let _ = out.write_all(banner.as_bytes()).and_then(|()| out.flush());
}
