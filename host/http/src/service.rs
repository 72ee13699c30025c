//! What is between a connection and the routes: it tells them who is at the other end, and
//! knows while a request is in progress.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use axum::Router;
use axum::response::Response;
use axum::routing::future::RouteFuture;
use hyper::Request;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::service::Service;
use pin_project_lite::pin_project;
use tower_service::Service as _;

use crate::permits::{Busy, Permit};
use crate::upgrade::Upgrade;

pub(crate) struct ConnectionService {
    pub(crate) router: Router,
    pub(crate) permit: Arc<Permit>,
}

impl Service<Request<Incoming>> for ConnectionService {
    type Response = Response<ResponseBody>;
    type Error = Infallible;
    type Future = ResponseFuture;

    fn call(&self, mut request: Request<Incoming>) -> Self::Future {
        // Before anything is made of the request: from here on its connection is not idle.
        let peer = &self.permit.peer;
        let busy = Some(peer.begin_request());
        let extensions = request.extensions_mut();
        extensions.insert(peer.clone());
        extensions.insert(Upgrade::new(Arc::clone(&self.permit)));
        // A router is always ready.
        let answer = self.router.clone().call(request.map(axum::body::Body::new));
        ResponseFuture { answer, busy }
    }
}

pin_project! {
    pub(crate) struct ResponseFuture {
        #[pin]
        answer: RouteFuture<Infallible>,
        busy: Option<Busy>,
    }
}

impl Future for ResponseFuture {
    type Output = Result<Response<ResponseBody>, Infallible>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let Ok(response) = ready!(this.answer.poll(context));
        let busy = this.busy.take();
        Poll::Ready(Ok(response.map(|body| {
            // What is complete only waits for its client to take it, and one that does not is
            // as idle as those who ask nothing. A stream is at work until it ends.
            let is_stream = body.size_hint().exact().is_none();
            let busy = busy.filter(|_| is_stream);
            ResponseBody { body, _busy: busy }
        })))
    }
}

/// The body of an answer.
pub(crate) struct ResponseBody {
    body: axum::body::Body,
    _busy: Option<Busy>,
}

impl Body for ResponseBody {
    type Data = hyper::body::Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
