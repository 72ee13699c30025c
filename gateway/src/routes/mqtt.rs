//! `/mqtt`: MQTT over WebSocket, for browsers (MQTT 5, section 6).

use axum::Extension;
use axum::extract::ws::rejection::WebSocketUpgradeRejection as Rejection;
use axum::extract::{State, WebSocketUpgrade};
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::Response;
use pizza_http::Upgrade;

use crate::app::App;
use crate::byte_stream::{ByteStream, WRITE_BYTES_MAX};
use crate::endpoint::{Endpoint, get};
use crate::identity::{Authority, Identity};
use crate::mqtt::Opener;
use crate::ownership::Ownership;
use crate::problem::{self, Problem};

/// The name that MQTT has among the protocols of WebSocket (MQTT 5, section 6).
const SUBPROTOCOL: &str = "mqtt";
/// Eagerly allocated for each connection, of which there may be thousands that say little.
const READ_BUFFER_BYTES: usize = 4 << 10;
/// What a frame adds to its payload (RFC 6455, 5.2), and an answer to a ping beside it.
const OVERHEAD_BYTES: usize = 256;

pub(super) fn endpoints() -> Vec<Endpoint> {
    let mqtt = get("/mqtt", open)
        .summary("MQTT over WebSocket")
        // Who may do what is asked of an MQTT client in its first packet: a page cannot send a
        // token before. A broker that cannot ask is for those who may do everything anyway.
        .open_if(|app| app.mqtt().is_none_or(|mqtt| mqtt.asks_who))
        .by(&[], Ownership::Anything)
        .other_protocol();
    vec![mqtt]
}

async fn open(
    State(app): State<App>,
    identity: Identity,
    connection: Option<Extension<Upgrade>>,
    upgrade: Result<WebSocketUpgrade, Rejection>,
) -> Result<Response, Problem> {
    let Some(mqtt) = app.mqtt() else {
        let detail = "there is no MQTT here: no broker is configured, or `gateway.mqtt` is false";
        return Err(Problem::new(problem::NOT_FOUND, detail));
    };
    let upgrade = upgrade.map_err(no_upgrade)?.protocols([SUBPROTOCOL]);
    if upgrade.selected_protocol().is_none() {
        let detail = "MQTT is spoken here: `Sec-WebSocket-Protocol` has to offer \"mqtt\"";
        return Err(Problem::new(problem::MALFORMED, detail));
    }
    let upgrade = upgrade
        .read_buffer_size(READ_BUFFER_BYTES)
        .max_message_size(mqtt.message_bytes_max)
        .max_frame_size(mqtt.message_bytes_max)
        // Each message leaves at once: whoever writes gathers what belongs together.
        .write_buffer_size(0)
        .max_write_buffer_size(WRITE_BYTES_MAX + OVERHEAD_BYTES);
    // Before the answer, so that the connection is never thought to be idle in between. It is
    // missing only in a test without a socket.
    let upgraded = connection.map(|Extension(connection)| connection.hold());
    let opener = match identity.authority() {
        Authority::Everything => Opener::Trusted,
        Authority::Look(_) if !mqtt.asks_who => {
            let detail =
                "whoever may only look does not publish, and the broker cannot ask who is who";
            return Err(Problem::new(problem::FORBIDDEN, detail));
        }
        Authority::Own(_) | Authority::Look(_) | Authority::Order(_) | Authority::Nothing => {
            Opener::Unknown
        }
    };
    Ok(upgrade.on_upgrade(move |socket| async move {
        let stream = ByteStream::new(socket, app.closing(), upgraded);
        if let Some(mqtt) = app.mqtt() {
            (mqtt.serve)(stream, opener).await;
        }
    }))
}

fn no_upgrade(rejection: Rejection) -> Problem {
    let wants = |name: HeaderName, value: &'static str| {
        let detail = "this is opened as a WebSocket: HTTP/1.1 with `Upgrade: websocket`, \
                      `Sec-WebSocket-Version: 13` and `Sec-WebSocket-Protocol: mqtt`";
        let problem = Problem::new(problem::UPGRADE_REQUIRED, detail);
        problem.header(name, HeaderValue::from_static(value))
    };
    match rejection {
        Rejection::WebSocketKeyHeaderMissing(_) => {
            let detail = "`Sec-WebSocket-Key` is missing";
            Problem::new(problem::MALFORMED, detail)
        }
        // RFC 6455, 4.4.
        Rejection::InvalidWebSocketVersionHeader(_) => wants(header::SEC_WEBSOCKET_VERSION, "13"),
        // RFC 9110, 15.5.22.
        _ => wants(header::UPGRADE, "websocket"),
    }
}
