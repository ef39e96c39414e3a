//! What a response carries: all of it at once, or events as they happen.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use hyper::body::{Body, Frame, SizeHint};

use crate::updates::Listener;

pub(crate) enum Answer {
    Whole(Option<Bytes>),
    /// Server-Sent Events: the next of them.
    Events(Pin<Box<dyn Future<Output = (Listener, Bytes)> + Send>>),
}

impl Answer {
    pub(crate) fn whole(bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        Self::Whole((!bytes.is_empty()).then_some(bytes))
    }

    pub(crate) fn events(listener: Listener) -> Self {
        Self::Events(Box::pin(next(listener)))
    }
}

/// Waits for news, and puts them together.
async fn next(mut listener: Listener) -> (Listener, Bytes) {
    loop {
        listener.changed().await;
        let news = listener.news();
        for update in &news {
            listener.saw(update);
        }
        match news.as_slice() {
            [] => {}
            [one] => return (listener, one.event()),
            more => {
                let mut events = BytesMut::new();
                more.iter().for_each(|update| events.extend_from_slice(&update.event()));
                return (listener, events.freeze());
            }
        }
    }
}

impl Body for Answer {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match &mut *self {
            Self::Whole(bytes) => Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
            Self::Events(events) => {
                let (listener, bytes) = ready!(events.as_mut().poll(cx));
                *events = Box::pin(next(listener));
                Poll::Ready(Some(Ok(Frame::data(bytes))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, Self::Whole(None))
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(bytes) => SizeHint::with_exact(bytes.as_ref().map_or(0, Bytes::len) as u64),
            Self::Events(_) => SizeHint::default(),
        }
    }
}
