//! Who a client is, by what it shows: a token that the process knows, as its password, or the
//! name and the password of a user of the broker.

use std::sync::Arc;

use pizza_mqtt::Secret;
use subtle::ConstantTimeEq as _;

use crate::config::Config;
use crate::identity::Identity;
use crate::packet::Connect;
use crate::user::UserConfig;

/// What is wrong with a user of the configuration. The texts name what to write instead.
#[derive(Debug, thiserror::Error)]
pub enum UserError {
    #[error(
        "broker.users.{user} has a password and no role, so it may do nothing. Say who it is: \
         {user} = {{ password = \"…\", role = \"driver\", subject = \"driver-1\" }}; or set \
         broker.default_role for all users without a role: \"admin\" may publish and subscribe \
         to everything"
    )]
    NoRole { user: String },
    #[error("{place} is {role:?}, which has no section in broker.rights; there are {known}")]
    UnknownRole {
        place: String,
        role: String,
        known: String,
    },
}

/// Finds the holder of a token. It must not tell by its time how much of a token was right.
pub type TokenLookup = Arc<dyn Fn(&str) -> Option<TokenHolder> + Send + Sync>;

/// For whom a token stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenHolder {
    /// A role of `[broker.rights]`; one that has no section there may do nothing.
    pub role: String,
    /// Whose topics are the holder's own.
    pub subject: String,
}

/// What the clients of one listener are recognised by.
pub(crate) enum Authentication {
    Internal { name: String, password: Secret },
    External(Known),
}

pub(crate) struct Known {
    users: Vec<User>,
    tokens: Option<TokenLookup>,
    /// Who those are that show nothing, where they may come in: one for all of them.
    anonymous: Option<Arc<Identity>>,
}

struct User {
    name: Arc<str>,
    password: Secret,
    identity: Arc<Identity>,
}

impl Authentication {
    /// Of external clients.
    ///
    /// # Errors
    /// When a user has no role, or one that there is not.
    pub(crate) fn external(
        config: &Config,
        tokens: Option<TokenLookup>,
    ) -> Result<Self, UserError> {
        let users = config.users.iter();
        let users = users.map(|(name, user)| User::new(name, user, config));
        Ok(Self::External(Known {
            users: users.collect::<Result<_, _>>()?,
            tokens,
            anonymous: config
                .admits_anonymous()
                .then(|| Arc::new(Identity::Anonymous)),
        }))
    }

    /// For clients that may be anywhere: all of them have to show something.
    pub(crate) fn without_anonymous(self) -> Self {
        match self {
            Self::External(known) => Self::External(Known {
                anonymous: None,
                ..known
            }),
            internal @ Self::Internal { .. } => internal,
        }
    }

    /// Who the client is; `None` for somebody who is not let in.
    pub(crate) fn identify(&self, connect: &Connect) -> Option<Arc<Identity>> {
        let name = connect.user.as_deref().unwrap_or_default();
        let password = connect.password.as_deref();
        match self {
            Self::Internal {
                name: its,
                password: right,
            } => {
                let is_name = its.as_bytes().ct_eq(name.as_bytes());
                let is_right = is_name & right.ct_eq(password.unwrap_or_default());
                bool::from(is_right).then(|| Arc::new(Identity::Internal))
            }
            Self::External(known) => match password {
                // A wrong password is refused even where none is needed: its sender believes
                // to be somebody, and would be surprised to act as somebody else.
                Some(password) if known.knows_anybody() => known
                    .user(name, password)
                    .or_else(|| known.holder(password)),
                _ => known.anonymous.clone(),
            },
        }
    }
}

impl Known {
    /// Whether a password could be right at all.
    fn knows_anybody(&self) -> bool {
        !self.users.is_empty() || self.tokens.is_some()
    }

    fn user(&self, name: &str, password: &[u8]) -> Option<Arc<Identity>> {
        let mut found = None;
        // All are compared, in constant time each: the time that a refusal takes tells neither
        // whether the name exists nor how much of the password was right.
        for user in &self.users {
            let is_name = user.name.as_bytes().ct_eq(name.as_bytes());
            if bool::from(is_name & user.password.ct_eq(password)) {
                found = Some(&user.identity);
            }
        }
        found.map(Arc::clone)
    }

    /// Whatever the client calls itself: as in a request, the token alone says who it is.
    /// Version 3.1.1 wants a name in front of every password.
    fn holder(&self, password: &[u8]) -> Option<Arc<Identity>> {
        let token = std::str::from_utf8(password).ok()?;
        let TokenHolder { role, subject } = self.tokens.as_ref()?(token)?;
        Some(Arc::new(Identity::Known {
            user: None,
            role: role.into(),
            subject: subject.into(),
        }))
    }
}

impl User {
    fn new(name: &str, user: &UserConfig, config: &Config) -> Result<Self, UserError> {
        let no_role = || UserError::NoRole {
            user: name.to_owned(),
        };
        let (place, role) = match (&user.role, &config.default_role) {
            (Some(role), _) => (format!("broker.users.{name}.role"), role),
            (None, Some(role)) => ("broker.default_role".to_owned(), role),
            (None, None) => return Err(no_role()),
        };
        let roles = &config.rights.0;
        if !roles.contains_key(role) {
            let known: Vec<&str> = roles.keys().map(String::as_str).collect();
            return Err(UserError::UnknownRole {
                place,
                role: role.clone(),
                known: known.join(", "),
            });
        }
        let name: Arc<str> = name.into();
        let subject = user.subject.as_deref().map(Arc::from);
        Ok(Self {
            identity: Arc::new(Identity::Known {
                user: Some(Arc::clone(&name)),
                role: role.as_str().into(),
                subject: subject.unwrap_or_else(|| Arc::clone(&name)),
            }),
            password: user.password.clone(),
            name,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(config: &str) -> String {
        let config: Config = toml::from_str(config).expect("TOML");
        let error = Authentication::external(&config, None).err();
        error.expect("a slip").to_string()
    }

    #[test]
    fn a_user_is_a_password_or_a_table() {
        let text = "default_role = \"driver\"\n[users]\nd-1 = \"a\"\n\
                    d-2 = { password = \"b\", subject = \"d-9\" }\n\
                    cook = { password = \"c\", role = \"kitchen\", subject = \"napoli\" }";
        let config: Config = toml::from_str(text).expect("TOML");
        assert!(
            !format!("{config:?}").contains("\"a\""),
            "secrets are not shown"
        );
        let Ok(Authentication::External(known)) = Authentication::external(&config, None) else {
            panic!("they are users");
        };
        let of = |name: &str, password: &str| {
            let identity = known.user(name, password.as_bytes())?;
            let role = identity.role()?.to_owned();
            Some((role, identity.subject().to_owned()))
        };
        let some = |role: &str, subject: &str| Some((role.to_owned(), subject.to_owned()));
        assert_eq!(of("d-1", "a"), some("driver", "d-1"));
        assert_eq!(of("d-2", "b"), some("driver", "d-9"));
        assert_eq!(of("cook", "c"), some("kitchen", "napoli"));
        assert_eq!(of("d-1", "b"), None);
        assert_eq!(of("d-2", "a"), None);
        let slip = toml::from_str::<Config>("[users]\nd = { pasword = \"x\" }");
        let slip = slip.expect_err("a slip").to_string();
        assert!(slip.contains("pasword"), "{slip}");
    }

    #[test]
    fn a_user_without_a_role_is_refused_with_what_to_write() {
        let said = error("[users]\nphone = \"sesame\"");
        for word in ["broker.users.phone", "role = ", "broker.default_role"] {
            assert!(said.contains(word), "{said}");
        }
        assert!(!said.contains("sesame"), "{said}");
        let said = error("[users]\nphone = { password = \"a\", role = \"drivr\" }");
        assert!(
            said.contains("broker.users.phone.role") && said.contains("driver"),
            "{said}"
        );
        let said = error("default_role = \"all\"\n[users]\nphone = \"a\"");
        assert!(said.contains("broker.default_role"), "{said}");
    }
}
