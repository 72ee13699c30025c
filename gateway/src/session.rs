//! Sessions of pages: who has signed in, in a cookie that only gateways can read and make. No
//! gateway keeps any of it, so that a page may come to each of them.

use std::sync::Arc;

use axum::http::{HeaderMap, HeaderValue};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::cookie::{self, Cookie, Name, SESSION, SINCE};
use crate::identity::{Holder, Role};
use crate::problem::{self, Problem};

/// What these cookies are sealed for.
const PURPOSE: &str = "session";

const HOUR_MS: u64 = 3_600_000;
/// How long a session lasts that is not used.
const IDLE_MS: u64 = 12 * HOUR_MS;
/// How long it lasts in any case.
const WHOLE_MS: u64 = 7 * 24 * HOUR_MS;
/// How old a cookie is when a request gets a new one.
const RENEWED_MS: u64 = HOUR_MS / 4;
/// How far the date of another silo may be ahead of this one's.
const AHEAD_MS: u64 = 60_000;

/// The cookies that a client gets when it signs in or out.
pub(crate) type Cookies = [HeaderValue; 2];

/// A session as its cookie has it.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Content {
    who: Who,
    /// When somebody signed in.
    begun_ms: u64,
    /// When the cookie was made.
    sealed_ms: u64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
enum Who {
    /// Whoever holds the token with this fingerprint, as long as anybody does.
    Token([u8; 16]),
    /// A role of the demo, without a token.
    Lent { role: Role, subject: String },
}

/// A session that counts.
pub(crate) struct Session {
    pub(crate) holder: Arc<Holder>,
    pub(crate) ends_ms: u64,
    /// The cookie in the place of the one that was sent, when that is old enough.
    pub(crate) renewed: Option<HeaderValue>,
}

/// How the cookies come and go, and who may have a role of the demo.
#[derive(Clone, Copy)]
pub(crate) struct Client {
    pub(crate) is_secured: bool,
    pub(crate) may_have_lent: bool,
}

impl Content {
    fn begin(who: Who, now_ms: u64) -> Self {
        Self {
            who,
            begun_ms: now_ms,
            sealed_ms: now_ms,
        }
    }

    fn ends_ms(&self) -> u64 {
        let unused = self.sealed_ms.saturating_add(IDLE_MS);
        unused.min(self.begun_ms.saturating_add(WHOLE_MS))
    }
}

/// Begins a session of a token's holder, and gives its cookies. `None` for an unknown token.
///
/// # Errors
/// When the keys cannot be had.
pub(crate) async fn of_token(
    app: &App,
    headers: &HeaderMap,
    token: &str,
    is_secured: bool,
) -> Result<Option<Cookies>, Problem> {
    // Before it is looked up: the one answer takes as long as the other.
    app.keys().get(app.client()).await?;
    let Some(fingerprint) = app.tokens().fingerprint(token) else {
        return Ok(None);
    };
    let who = Who::Token(fingerprint);
    begin(app, headers, who, is_secured).await.map(Some)
}

/// Begins a session in a role of the demo.
///
/// # Errors
/// When the keys cannot be had.
pub(crate) async fn of_lent_role(
    app: &App,
    headers: &HeaderMap,
    role: Role,
    subject: String,
    is_secured: bool,
) -> Result<Cookies, Problem> {
    begin(app, headers, Who::Lent { role, subject }, is_secured).await
}

/// The cookie that removes the one of a session.
///
/// # Errors
/// When it is not fit for a header.
pub(crate) fn removed(is_secured: bool) -> Result<HeaderValue, Problem> {
    set(SESSION, String::new(), 0, is_secured)
}

/// Ends the session of a client: its cookie is removed, and does not count if an answer that is
/// still on its way brings a younger one.
///
/// # Errors
/// When a cookie is not fit for a header.
pub(crate) fn ended(app: &App, headers: &HeaderMap, is_secured: bool) -> Result<Cookies, Problem> {
    let since_ms = next(app, headers, is_secured);
    Ok([removed(is_secured)?, since(since_ms, is_secured)?])
}

/// Whether a cookie of a session was sent, whether it counts or not.
pub(crate) fn is_sent(headers: &HeaderMap, is_secured: bool) -> bool {
    cookie::sent(headers, SESSION.of(is_secured)).is_some()
}

/// The session of a request; `None` without its cookie.
///
/// # Errors
/// When the cookie does not count, or not any more; or when the keys cannot be had.
pub(crate) async fn of_request(
    app: &App,
    headers: &HeaderMap,
    client: Client,
) -> Result<Option<Session>, Problem> {
    let Some(text) = cookie::sent(headers, SESSION.of(client.is_secured)) else {
        return Ok(None);
    };
    let sealed_text = URL_SAFE_NO_PAD.decode(text).map_err(|_| over())?;
    let keys = app.keys().for_opening(app.client(), &sealed_text).await?;
    let opened = keys.open(PURPOSE, &sealed_text).ok_or_else(over)?;
    let mut content: Content = serde_json::from_slice(&opened).map_err(|_| over())?;
    let now_ms = app.client().transport().now_ms();
    let is_before = content.begun_ms < since_ms(headers, client.is_secured, now_ms);
    if is_before || content.ends_ms() <= now_ms {
        return Err(over());
    }
    let holder = holder(app, &content.who, client).ok_or_else(over)?;
    let mut renewed = None;
    if now_ms.saturating_sub(content.sealed_ms) >= RENEWED_MS {
        content.sealed_ms = now_ms;
        renewed = Some(sealed(app, &content, client.is_secured).await?);
    }
    Ok(Some(Session {
        holder,
        ends_ms: content.ends_ms(),
        renewed,
    }))
}

/// Whose session it is now: a token that is none any more has no holder.
fn holder(app: &App, who: &Who, client: Client) -> Option<Arc<Holder>> {
    match who {
        Who::Token(fingerprint) => app.tokens().by_fingerprint(fingerprint),
        Who::Lent { role, subject } => client.may_have_lent.then(|| {
            Arc::new(Holder {
                role: *role,
                subject: subject.clone(),
                number: None,
            })
        }),
    }
}

async fn begin(
    app: &App,
    headers: &HeaderMap,
    who: Who,
    is_secured: bool,
) -> Result<Cookies, Problem> {
    let begun = Content::begin(who, next(app, headers, is_secured));
    let since = since(begun.begun_ms, is_secured)?;
    Ok([sealed(app, &begun, is_secured).await?, since])
}

/// The date of now, behind that of the last time.
fn next(app: &App, headers: &HeaderMap, is_secured: bool) -> u64 {
    let now_ms = app.client().transport().now_ms();
    now_ms.max(since_ms(headers, is_secured, now_ms) + 1)
}

/// When the client has signed in or out last; 0 if it does not say so. What says a time to come is
/// none of ours.
fn since_ms(headers: &HeaderMap, is_secured: bool, now_ms: u64) -> u64 {
    let sent = cookie::sent(headers, SINCE.of(is_secured));
    let since_ms = sent.and_then(|sent| sent.parse().ok());
    let ours = since_ms.filter(|since_ms| *since_ms <= now_ms.saturating_add(AHEAD_MS));
    ours.unwrap_or(0)
}

fn since(since_ms: u64, is_secured: bool) -> Result<HeaderValue, Problem> {
    // No session from before lasts longer.
    set(SINCE, since_ms.to_string(), WHOLE_MS / 1_000, is_secured)
}

async fn sealed(app: &App, content: &Content, is_secured: bool) -> Result<HeaderValue, Problem> {
    let internal = |why: String| Problem::new(problem::INTERNAL, why);
    let text = serde_json::to_vec(content).map_err(|error| internal(error.to_string()))?;
    let keys = app.keys().get(app.client()).await?;
    let sealed = keys.seal(PURPOSE, &text);
    let sealed = sealed.ok_or_else(|| internal("there is no key that seals".to_owned()))?;
    let left_ms = content.ends_ms().saturating_sub(content.sealed_ms);
    let value = URL_SAFE_NO_PAD.encode(sealed);
    set(SESSION, value, left_ms / 1_000, is_secured)
}

fn set(name: Name, value: String, seconds: u64, secure: bool) -> Result<HeaderValue, Problem> {
    let cookie = Cookie {
        name,
        value: &value,
        path: "/",
        seconds,
        secure,
    };
    let header = cookie.header();
    header.ok_or_else(|| Problem::new(problem::INTERNAL, "the cookie is not fit for a header"))
}

fn over() -> Problem {
    let detail = "the session has ended, or its token is none any more; sign in again";
    Problem::new(problem::UNAUTHORIZED, detail)
}
