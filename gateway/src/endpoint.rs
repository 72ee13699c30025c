//! An endpoint: how it is reached, who may, and what its document says of it. Routes and
//! OpenAPI come from the same list, so that neither can know one that the other does not.

use axum::handler::Handler;
use axum::http::Method;
use axum::routing::{MethodFilter, MethodRouter, on};
use serde_json::Value;

use crate::app::App;
use crate::identity::Role;
use crate::ownership::Ownership;
use crate::problem::Kind;
use crate::schema::Schemas;
use crate::schema::events::EventDoc;

/// Makes the JSON schema, in which named types are references.
pub(crate) type Shape = fn(&mut Schemas) -> Value;

pub(crate) struct Endpoint {
    pub(crate) method: Method,
    pub(crate) handler: MethodRouter<App>,
    pub(crate) rules: Rules,
    pub(crate) doc: Doc,
}

/// What is checked before the handler is called.
#[derive(Clone, Copy)]
pub(crate) struct Rules {
    pub(crate) path: &'static str,
    /// Whether the endpoint is open to everybody, without a token.
    pub(crate) public: bool,
    /// Whether it is open also to those who show nothing, in a process that is set up in a certain
    /// way. Unlike a public one it knows those who are known.
    pub(crate) open_if: Option<fn(&App) -> bool>,
    /// The roles that may use it, beside the admin, who may do everything.
    pub(crate) roles: &'static [Role],
    pub(crate) ownership: Ownership,
    /// Whether the link of the order that the path names opens it, whoever has it.
    pub(crate) by_link: bool,
    /// Whether the answer has an entity tag, to which `If-Match` refers.
    pub(crate) versioned: bool,
    /// Whether the answer goes on for as long as its client listens.
    pub(crate) streams: bool,
}

/// What the document tells clients of an endpoint.
pub(crate) struct Doc {
    pub(crate) summary: &'static str,
    pub(crate) query: &'static [Parameter],
    pub(crate) body: Option<Body>,
    pub(crate) status: u16,
    pub(crate) answer: Answer,
    /// What it means when there is nothing to answer (204); absent where that cannot be.
    pub(crate) nothing: Option<&'static str>,
    /// Kinds of problems beside those that all endpoints like it have.
    pub(crate) problems: &'static [Kind],
    /// Whether it is a silo that is asked, and no actor.
    pub(crate) of_silos: bool,
    /// Whether the document leaves it out: it is a page for people with a browser, or speaks
    /// another protocol, and no part of the API.
    pub(crate) is_apart: bool,
}

pub(crate) struct Parameter {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    pub(crate) schema: Shape,
}

pub(crate) struct Body {
    pub(crate) media: &'static str,
    pub(crate) schema: Shape,
    pub(crate) required: bool,
    /// Makes the examples by name, as OpenAPI has them; absent where there are none.
    pub(crate) examples: Option<fn() -> Value>,
}

/// The events of a stream, and what begins the names of their schemas.
pub(crate) struct Stream {
    pub(crate) name: &'static str,
    pub(crate) events: fn(&mut Schemas) -> Vec<EventDoc>,
}

const JSON: &str = "application/json";

pub(crate) enum Answer {
    Json(Shape),
    Events(Stream),
    Text(&'static str),
    /// Values of JSON, line by line as they come.
    Lines(Shape),
    /// A file of any content type.
    File,
    /// Nothing but headers (204), and what that means.
    Nothing(&'static str),
    Elsewhere,
}

pub(crate) fn get<H, T>(path: &'static str, handler: H) -> Endpoint
where
    H: Handler<T, App>,
    T: 'static,
{
    Endpoint::new(Method::GET, path, on(MethodFilter::GET, handler))
}

pub(crate) fn post<H, T>(path: &'static str, handler: H) -> Endpoint
where
    H: Handler<T, App>,
    T: 'static,
{
    Endpoint::new(Method::POST, path, on(MethodFilter::POST, handler))
}

pub(crate) fn put<H, T>(path: &'static str, handler: H) -> Endpoint
where
    H: Handler<T, App>,
    T: 'static,
{
    Endpoint::new(Method::PUT, path, on(MethodFilter::PUT, handler))
}

pub(crate) fn delete<H, T>(path: &'static str, handler: H) -> Endpoint
where
    H: Handler<T, App>,
    T: 'static,
{
    Endpoint::new(Method::DELETE, path, on(MethodFilter::DELETE, handler))
}

impl Endpoint {
    fn new(method: Method, path: &'static str, handler: MethodRouter<App>) -> Self {
        Self {
            method,
            handler,
            rules: Rules {
                path,
                public: false,
                open_if: None,
                roles: &[],
                ownership: Ownership::Anything,
                by_link: false,
                versioned: false,
                streams: false,
            },
            doc: Doc {
                summary: "",
                query: &[],
                body: None,
                status: 200,
                answer: Answer::Json(Schemas::anything),
                nothing: None,
                problems: &[],
                of_silos: false,
                // Most endpoints are for programs.
                is_apart: false,
            },
        }
    }

    pub(crate) fn summary(mut self, summary: &'static str) -> Self {
        self.doc.summary = summary;
        self
    }

    pub(crate) fn public(mut self) -> Self {
        self.rules.public = true;
        self
    }

    /// Opens it to everybody where this holds; elsewhere the other rules count.
    pub(crate) fn open_if(mut self, holds: fn(&App) -> bool) -> Self {
        self.rules.open_if = Some(holds);
        self
    }

    /// Names the roles that may use it, beside the admin, and what the path must name for them to.
    pub(crate) fn by(mut self, roles: &'static [Role], ownership: Ownership) -> Self {
        self.rules.roles = roles;
        self.rules.ownership = ownership;
        self
    }

    /// Opens it to whoever has the link of the order, too.
    pub(crate) fn or_by_link(mut self) -> Self {
        self.rules.by_link = true;
        self
    }

    pub(crate) fn versioned(mut self) -> Self {
        self.rules.versioned = true;
        self
    }

    pub(crate) fn query(mut self, query: &'static [Parameter]) -> Self {
        self.doc.query = query;
        self
    }

    pub(crate) fn takes(mut self, schema: Shape) -> Self {
        self.doc.body = Some(Body {
            media: JSON,
            schema,
            required: true,
            examples: None,
        });
        self
    }

    /// Adds examples of the body, by name.
    pub(crate) fn for_example(mut self, examples: fn() -> Value) -> Self {
        if let Some(body) = &mut self.doc.body {
            body.examples = Some(examples);
        }
        self
    }

    pub(crate) fn may_take(mut self, schema: Shape) -> Self {
        self.doc.body = Some(Body {
            media: JSON,
            schema,
            required: false,
            examples: None,
        });
        self
    }

    pub(crate) fn gives(mut self, schema: Shape) -> Self {
        self.doc.answer = Answer::Json(schema);
        self
    }

    pub(crate) fn creates(mut self, schema: Shape) -> Self {
        self.doc.status = 201;
        self.gives(schema)
    }

    /// Says that what it does is all there is to say.
    pub(crate) fn gives_nothing(mut self, about: &'static str) -> Self {
        self.doc.status = 204;
        self.doc.answer = Answer::Nothing(about);
        self
    }

    pub(crate) fn gives_events(
        mut self,
        name: &'static str,
        events: fn(&mut Schemas) -> Vec<EventDoc>,
    ) -> Self {
        self.rules.streams = true;
        self.doc.answer = Answer::Events(Stream { name, events });
        self
    }

    /// Says that it may also answer that there is nothing (204), and what that means.
    pub(crate) fn or_nothing(mut self, about: &'static str) -> Self {
        self.doc.nothing = Some(about);
        self
    }

    /// Says that it may also decline with problems of these kinds.
    pub(crate) fn declines(mut self, problems: &'static [Kind]) -> Self {
        self.doc.problems = problems;
        self
    }

    /// Says that it takes a file.
    pub(crate) fn takes_file(mut self, media: &'static str, schema: Shape) -> Self {
        self.doc.body = Some(Body {
            media,
            schema,
            required: true,
            examples: None,
        });
        self
    }

    /// Says that it answers line by line.
    pub(crate) fn gives_lines(mut self, schema: Shape) -> Self {
        self.doc.answer = Answer::Lines(schema);
        self
    }

    /// For admins, who ask silos by it, and for observers as far as it only looks.
    pub(crate) fn for_operators(mut self) -> Self {
        self.rules.roles = &[];
        self.doc.of_silos = true;
        self
    }

    pub(crate) fn page(mut self) -> Self {
        self.doc.is_apart = true;
        self
    }

    /// Says that another protocol begins here, of which a document about HTTP knows nothing.
    pub(crate) fn other_protocol(mut self) -> Self {
        self.doc.is_apart = true;
        self
    }

    /// Whether it may change something.
    pub(crate) fn is_command(&self) -> bool {
        self.method != Method::GET
    }

    pub(crate) fn gives_a_file(mut self) -> Self {
        self.doc.answer = Answer::File;
        self
    }

    pub(crate) fn leads_elsewhere(mut self) -> Self {
        self.doc.status = 308;
        self.doc.answer = Answer::Elsewhere;
        self
    }

    pub(crate) fn gives_text(mut self, content_type: &'static str) -> Self {
        self.doc.answer = Answer::Text(content_type);
        self
    }
}
