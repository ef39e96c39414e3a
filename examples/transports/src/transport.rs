//! The four ways for an update to reach a client.

/// A way, in the order of their invention and of everything that lists them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transport {
    /// A request at each interval.
    Short,
    /// A request that is answered when there is something to tell.
    Long,
    /// One response that never ends.
    Sse,
    /// One connection for both directions.
    WebSocket,
}

impl Transport {
    pub(crate) const ALL: [Self; 4] = [Self::Short, Self::Long, Self::Sse, Self::WebSocket];

    /// As the page and the settings call it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Short => "short",
            Self::Long => "long",
            Self::Sse => "sse",
            Self::WebSocket => "websocket",
        }
    }

    /// As people call it.
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::Short => "short polling",
            Self::Long => "long polling",
            Self::Sse => "Server-Sent Events",
            Self::WebSocket => "WebSocket",
        }
    }
}
