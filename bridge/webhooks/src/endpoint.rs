//! A webhook as it is configured, checked.

use pizza_edge::client_files::ClientFiles;
use pizza_edge::renewed::Renewed;
use pizza_edge::tls::TlsError;
use tokio::sync::Semaphore;

use crate::address::Allowed;
use crate::config::WebhookConfig;
use crate::destination::{Destination, UrlError};
use crate::signing::Signer;

const NAME_BYTES_MAX: usize = 64;

/// What is wrong with the configuration of a webhook.
#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    #[error("webhooks.name {0:?}: it takes 1 to {NAME_BYTES_MAX} of a-z 0-9 -")]
    Name(String),
    #[error("two webhooks are named {0:?}: their cursors would be the same")]
    Twice(String),
    #[error("webhook {name:?}: url {url:?}: {why}")]
    Url {
        name: String,
        url: String,
        why: UrlError,
    },
    #[error(
        "webhook {0:?}: secrets takes one or more of the form whsec_…, which is 24 to 64 bytes in \
         base64; `echo whsec_$(head -c 32 /dev/urandom | base64)` makes one"
    )]
    Secrets(String),
    #[error(
        "webhook {name:?}: allow_private takes addresses and networks, and {text:?} is neither"
    )]
    Network { name: String, text: String },
    #[error("webhook {name:?}: {field} must be at least 1")]
    Zero { name: String, field: &'static str },
    #[error("webhook {name:?}: {why}")]
    Tls { name: String, why: Box<TlsError> },
}

/// A webhook that can be worked on.
pub(crate) struct Endpoint {
    pub(crate) config: WebhookConfig,
    pub(crate) destination: Destination,
    pub(crate) allowed: Allowed,
    pub(crate) signer: Signer,
    /// Whom it believes, where the receiver is to prove who it is.
    pub(crate) tls: Option<Renewed<ClientFiles>>,
    /// Held by each post that is under way.
    pub(crate) permits: Semaphore,
}

impl Endpoint {
    /// # Errors
    /// What is wrong with the configuration.
    pub(crate) fn new(config: WebhookConfig) -> Result<Self, WebhookError> {
        let name = config.name.clone();
        let is_fit = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
        if name.is_empty() || name.len() > NAME_BYTES_MAX || !name.bytes().all(is_fit) {
            return Err(WebhookError::Name(name));
        }
        let numbers = [
            ("timeout_ms", config.timeout_ms),
            ("attempts", config.attempts.into()),
            ("retry_first_ms", config.retry_first_ms),
            ("in_flight", config.in_flight as u64),
        ];
        if let Some((field, _)) = numbers.into_iter().find(|(_, number)| *number == 0) {
            return Err(WebhookError::Zero { name, field });
        }
        let destination = Destination::read(&config.url, config.allow_http);
        let destination = destination.map_err(|why| WebhookError::Url {
            name: name.clone(),
            url: crate::destination::shown(&config.url),
            why,
        })?;
        let allowed = Allowed::read(&config.allow_private).map_err(|text| {
            let name = name.clone();
            WebhookError::Network { name, text }
        })?;
        let signer = Signer::read(&config.secrets);
        let signer = signer.ok_or_else(|| WebhookError::Secrets(name.clone()))?;
        let files = destination.name.as_ref().map(|_| ClientFiles {
            ca: config.ca.clone(),
            identity: None,
        });
        let tls = files.map(Renewed::read).transpose();
        let tls = tls.map_err(|why| WebhookError::Tls {
            name,
            why: Box::new(why),
        })?;
        Ok(Self {
            permits: Semaphore::new(config.in_flight.min(Semaphore::MAX_PERMITS)),
            config,
            destination,
            allowed,
            signer,
            tls,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_named_and_no_secret_is() {
        let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        let with = |name: &str, url: &str, secret: &str, more: &str| {
            let text =
                format!("name = \"{name}\"\nurl = \"{url}\"\nsecrets = [\"{secret}\"]\n{more}");
            Endpoint::new(toml::from_str(&text).expect("a configuration")).err()
        };
        let url = "http://127.0.0.1/?key=sesame";
        assert!(with("a-1", url, secret, "").is_none());
        for (name, url, secret, more, expected) in [
            ("A", url, secret, "", "a-z"),
            ("", url, secret, "", "a-z"),
            (
                "a",
                "http://a.example/?key=sesame",
                secret,
                "",
                "allow_http",
            ),
            ("a", url, "whsec_c2VzYW1l", "", "secrets"),
            (
                "a",
                url,
                secret,
                "allow_private = [\"10.0.0.0/40\"]",
                "10.0.0.0/40",
            ),
            ("a", url, secret, "attempts = 0", "attempts"),
        ] {
            let told = with(name, url, secret, more).expect("refused").to_string();
            assert!(told.contains(expected), "{told}");
            assert!(!told.contains("sesame") && !told.contains("c2Vz"), "{told}");
        }
    }
}
