//! The server and the client of it, from end to end.

mod support;

use std::sync::Arc;

use bytes::Bytes;
use h2::Reason;
use h2::ext::Protocol;
use http::{Method, Request};
use support::{Outcome, asking, bounded, site};
use websocket_over_h2::{ConnectError, connect, handshake, open, read};
use websocket_proto::adapter::tokio::Message;
use websocket_proto::handshake::http::PROTOCOL;
use websocket_proto::handshake::{Acceptance, ClientRequest, HandshakeError, Uri};
use websocket_proto::{CloseCode, Config};

// R8441-5-01, R8441-5-07
#[tokio::test]
async fn a_page_and_websockets_share_a_connection() -> Outcome {
    bounded(async {
        let sender = open(site()).await?;
        let config = Arc::new(Config::client());
        let asked = asking()?.subprotocols(["unknown", "superchat"])?;
        let mut first = connect(&sender, &asked, &config).await?;
        let mut second = connect(&sender, &asking()?, &config).await?;
        assert_eq!((first.subprotocol(), second.subprotocol()), (Some("superchat"), None));

        // More than all windows on the way hold, on one stream; the other is not held up by it.
        let large = Bytes::from(vec![0xA5; 3 << 20]);
        first.send_binary(&large).await?;
        for text in ["hello", "", "世界"] {
            second.send(text).await?;
            assert_eq!(second.next().await.transpose()?, Some(Message::Text(text.into())));
        }
        assert!(first.next().await.transpose()? == Some(Message::Binary(large)));

        let page = Request::get("https://localhost/").body(())?;
        let (response, _) = sender.clone().ready().await?.send_request(page, true)?;
        let response = response.await?;
        assert_eq!(response.status(), 200);
        let page = support::body(response.into_body()).await?;
        assert!(page.contains("new WebSocket"), "{page}");

        for mut websocket in [first, second] {
            let end = websocket.close(CloseCode::NORMAL, "that is all").await?;
            assert!(end.clean, "{end:?}");
        }
        Ok(())
    })
    .await
}

// R8441-3-02
#[tokio::test]
async fn the_client_waits_for_the_setting() -> Outcome {
    bounded(async {
        let (near, far) = tokio::io::duplex(1 << 16);
        let server = tokio::spawn(async move {
            // It speaks HTTP/2 and says nothing of extended CONNECT.
            let mut connection = h2::server::handshake(far).await?;
            let asked = connection.accept().await;
            assert!(asked.is_none(), "{asked:?}");
            Ok::<_, h2::Error>(())
        });
        let sender = open(near).await?;
        match connect(&sender, &asking()?, &Arc::new(Config::client())).await {
            Err(ConnectError::NotEnabled) => {}
            other => panic!("{other:?}"),
        }
        drop(sender);
        // Nothing was asked for until the connection ended.
        Ok(server.await??)
    })
    .await
}

// R9220-3-02, R9220-3-03, R8441-4-02, R8441-5-01, T-H2-01
#[tokio::test]
async fn what_is_no_websocket_is_refused() -> Outcome {
    bounded(async {
        let sender = open(site()).await?;
        let connect = |protocol: Option<&'static str>, uri: &str| {
            let mut request = Request::builder()
                .method(Method::CONNECT)
                .version(http::Version::HTTP_2)
                .uri(uri)
                .header("sec-websocket-version", "13")
                .body(())
                .expect("a request");
            if let Some(protocol) = protocol {
                request.extensions_mut().insert(Protocol::from_static(protocol));
            }
            request
        };
        let mut get = connect(None, "https://localhost/echo");
        *get.method_mut() = Method::GET;
        let mut of_a_page = connect(Some(PROTOCOL), "https://localhost/echo");
        of_a_page.headers_mut().insert("origin", "https://evil.example".parse()?);
        let mut old = connect(Some(PROTOCOL), "https://localhost/echo");
        old.headers_mut().insert("sec-websocket-version", "8".parse()?);
        for (request, expected) in [
            (connect(Some("connect-udp"), "https://localhost/echo"), 501),
            (connect(None, "localhost:443"), 501),
            (connect(Some(PROTOCOL), "https://localhost/elsewhere"), 404),
            (get, 404),
            (of_a_page, 403),
            (old, 400),
        ] {
            let (response, mut sending) =
                sender.clone().ready().await?.send_request(request, false)?;
            let response = response.await?;
            assert_eq!(response.status(), expected);
            let is_problem = response.headers().get("content-type")
                == Some(&"application/problem+json".parse()?);
            assert_eq!(is_problem, expected == 501);
            let body = support::body(response.into_body()).await?;
            assert_eq!(body.contains("websocket"), expected == 501, "{body}");
            // There is nothing to tunnel.
            sending.send_reset(Reason::CANCEL);
        }
        Ok(())
    })
    .await
}

/// A client that is answered so.
async fn answered(response: http::Response<()>) -> Outcome<(HandshakeError, Reason)> {
    let (near, far) = tokio::io::duplex(1 << 16);
    let server = tokio::spawn(async move {
        let (_, mut respond, _) = support::accept(far).await?;
        let mut sending = respond.send_response(response, false)?;
        // T-HS-12: the client has sent nothing and resets the stream.
        std::future::poll_fn(|cx| sending.poll_reset(cx)).await
    });
    let sender = open(near).await?;
    let asked = asking()?.subprotocols(["chat"])?;
    match connect(&sender, &asked, &Arc::new(Config::client())).await {
        Err(ConnectError::Handshake(error)) => Ok((error, server.await??)),
        other => panic!("{other:?}"),
    }
}

// R8441-5-06, R8441-5-07
#[tokio::test]
async fn other_answers_open_nothing() -> Outcome {
    bounded(async {
        let response = |status: u16| http::Response::builder().status(status);
        let refused = HandshakeError::Refused { status: 404 };
        assert_eq!(answered(response(404).body(())?).await?, (refused, Reason::CANCEL));
        let wrong = response(200).header("sec-websocket-protocol", "other").body(())?;
        let unexpected = HandshakeError::UnexpectedSubprotocol;
        assert_eq!(answered(wrong).await?, (unexpected, Reason::CANCEL));
        Ok(())
    })
    .await
}

// R8441-5-02, R8441-5-04: what the server reads is what the client asked for.
#[tokio::test]
async fn pseudo_headers_are_what_rfc_8441_says() -> Outcome {
    bounded(async {
        for (uri, scheme, authority) in [
            ("wss://server.example.com/chat?room=1", "https", "server.example.com"),
            ("ws://server.example.com:8080/chat?room=1", "http", "server.example.com:8080"),
        ] {
            let (near, far) = tokio::io::duplex(1 << 16);
            let server = tokio::spawn(async move {
                let mut connection = handshake(far).await?;
                let (request, _) = connection.accept().await.expect("a request")?;
                Ok::<_, h2::Error>(request.map(drop))
            });
            let sender = open(near).await?;
            let asked = ClientRequest::new(Uri::parse(uri)?);
            // The server goes away without an answer.
            let outcome = connect(&sender, &asked, &Arc::new(Config::client())).await;
            assert!(matches!(outcome, Err(ConnectError::Http2(_))), "{outcome:?}");
            let request = server.await??;
            assert_eq!(request.method(), Method::CONNECT);
            assert_eq!(request.uri().scheme_str(), Some(scheme));
            assert_eq!(request.uri().authority().map(|name| name.as_str()), Some(authority));
            assert_eq!(
                request.uri().path_and_query().map(|path| path.as_str()),
                Some("/chat?room=1")
            );
            let names: Vec<_> = request.headers().keys().map(|name| name.as_str()).collect();
            assert_eq!(names, ["sec-websocket-version"]);
            assert!(read(&request).is_websocket());
            assert!(read(&request).accept(&Acceptance::new(), Config::server()).is_ok());
        }
        Ok(())
    })
    .await
}
