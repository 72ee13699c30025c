//! The address for operators of a silo that is only pretended: scripted answers, and what was asked.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::Response;
use pizza_client::Operators;
use pizza_gateway::{GatewayConfig, Provided, Role, Secret, TokenConfig};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::socket::Server;

pub(crate) const TOKEN: &str = "the-token-of-operators";

#[derive(Default)]
pub(crate) struct Silo {
    answers: Mutex<HashMap<String, (u16, String)>>,
    pub(crate) asked: Mutex<Vec<Asked>>,
}

/// A request as it reached the silo.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Asked {
    pub(crate) what: String,
    pub(crate) authorization: String,
    pub(crate) signature: Option<String>,
    pub(crate) body: Vec<u8>,
}

impl Silo {
    /// What `GET /stats` or the like is answered from now on; what is asked with another query, too.
    pub(crate) fn answers(&self, what: &str, status: u16, answer: &str) {
        let mut answers = self.answers.lock().expect("unpoisoned");
        answers.insert(what.to_owned(), (status, answer.to_owned()));
    }

    /// What was asked of it, without those who watch.
    pub(crate) fn asked(&self) -> Vec<String> {
        let asked = self.asked.lock().expect("unpoisoned");
        asked.iter().map(|asked| asked.what.clone()).collect()
    }

    pub(crate) fn last(&self) -> Asked {
        let asked = self.asked.lock().expect("unpoisoned");
        asked.last().expect("something was asked").clone()
    }

    /// Listens, and answers whoever shows the token.
    pub(crate) async fn start() -> (Arc<Self>, String) {
        let silo = Arc::new(Self::default());
        silo.stands(1);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address").to_string();
        let router = Router::new().fallback(answer).with_state(Arc::clone(&silo));
        tokio::spawn(async move { axum::serve(listener, router).await });
        (silo, address)
    }

    /// As a silo that is alone stands, with one type whose plan has this version.
    pub(crate) fn stands(&self, version: u64) {
        let stats = json!({
            "silo": "silo.1", "name": "silo", "version": "0.1.0", "cluster": null, "store": "embedded",
            "actorsInMemory": 3, "breakers": {"pot": {"state": "open", "leftMs": 5}},
        });
        let span =
            json!({"overMs": 60_000, "turns": 10, "failed": 1, "latency": [[20, 9], [5_000, 1]]});
        let rate = json!({
            "actorType": "pot", "digest": "a".repeat(64), "role": "current", "percent": 100.0,
            "window": span, "recently": span,
        });
        let rates = json!({"at": "2026-01-01T00:00:00.000Z", "windowMs": 60_000, "rates": [rate]});
        let plans = json!({"plans": [{"actorType": "pot", "version": version}]});
        let line = json!({"id": format!("000{version}"), "what": "activated", "detail": "<b>"});
        let audit = json!({"audit": [line]});
        self.answers("GET /stats", 200, &stats.to_string());
        self.answers("GET /rates", 200, &rates.to_string());
        self.answers("GET /module-plans", 200, &plans.to_string());
        self.answers("GET /module-audit", 200, &audit.to_string());
        let letters = json!({"deadLetters": [{"id": 7, "error": "<script>"}], "next": null});
        self.answers("GET /dead-letters", 200, &letters.to_string());
    }
}

async fn answer(State(silo): State<Arc<Silo>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let text = |name: &str| {
        let value = head.headers.get(name);
        value.map(|value| value.to_str().expect("text").to_owned())
    };
    let path = head.uri.path_and_query().expect("a path").as_str();
    let asked = Asked {
        what: format!("{} {path}", head.method),
        authorization: text("authorization").unwrap_or_default(),
        signature: text("x-module-signature"),
        body: to_bytes(body, usize::MAX).await.expect("a body").to_vec(),
    };
    let is_known = asked.authorization == format!("Bearer {TOKEN}");
    let bare = format!("{} {}", head.method, head.uri.path());
    silo.asked.lock().expect("unpoisoned").push(asked);
    let answers = silo.answers.lock().expect("unpoisoned");
    let nothing = (
        404,
        problem(404, "not-found", "there is nothing at this path"),
    );
    let (status, body) = if is_known {
        answers.get(&bare).cloned().unwrap_or(nothing)
    } else {
        (
            401,
            problem(401, "unauthorized", "this is not the admin token"),
        )
    };
    let response = Response::builder()
        .status(StatusCode::from_u16(status).expect("a status"))
        .header(header::CONTENT_TYPE, "application/json");
    response.body(Body::from(body)).expect("a response")
}

/// A problem as a silo writes it.
pub(crate) fn problem(status: u16, code: &str, detail: &str) -> String {
    let kind = format!("urn:silo:problem:{code}");
    json!({"type": kind, "title": "", "status": status, "detail": detail}).to_string()
}

/// A gateway in front of silos at these addresses.
pub(crate) async fn gateway(addresses: &[String], token: &str) -> Server {
    let tokens = [
        (Role::Admin, "admins"),
        (Role::Observer, "observers"),
        (Role::Manager, "managers"),
    ];
    let tokens = tokens.map(|(role, token)| TokenConfig {
        token: Secret::from(token),
        role,
        subject: "napoli".to_owned(),
    });
    let config = GatewayConfig {
        anonymous_on_loopback: false,
        tokens: tokens.into(),
        ..GatewayConfig::default()
    };
    let operators = Operators::of(addresses, token).expect("addresses");
    let provided = Provided {
        operators: Some(operators),
        ..Provided::default()
    };
    Server::provided_with(config, provided).await
}

pub(crate) fn json_of(text: &[u8]) -> Value {
    serde_json::from_slice(text).expect("JSON")
}
