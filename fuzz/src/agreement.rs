//! RFC 7692 §7.1: what two ends may have agreed on.

use websocket_proto::deflate::{Agreement, ClientWindow, Offer, Preferences, WindowBits};

use crate::Script;

/// Two bytes of the script: which parameters there are, and the windows.
pub fn agreement(script: &mut Script<'_>) -> Agreement {
    let (choices, windows) = (script.byte(), script.byte());
    let mut agreement = Agreement::default();
    agreement.server_no_context_takeover = choices & 1 != 0;
    agreement.client_no_context_takeover = choices & 2 != 0;
    agreement.server_max_window_bits = (choices & 4 != 0).then(|| window(windows >> 4));
    agreement.client_max_window_bits = (choices & 8 != 0).then(|| window(windows));
    agreement
}

/// Two bytes of the script, as for an agreement.
pub fn offer(script: &mut Script<'_>) -> Offer {
    let (choices, windows) = (script.byte(), script.byte());
    let mut offer = Offer::default();
    offer.server_no_context_takeover = choices & 1 != 0;
    offer.client_no_context_takeover = choices & 2 != 0;
    offer.server_max_window_bits = (choices & 4 != 0).then(|| window(windows >> 4));
    offer.client_max_window_bits = match choices >> 3 & 3 {
        0 => ClientWindow::Fixed,
        1 => ClientWindow::Limitable,
        _ => ClientWindow::AtMost(window(windows)),
    };
    offer
}

/// Two bytes of the script, as for an agreement.
pub fn preferences(script: &mut Script<'_>) -> Preferences {
    let (choices, windows) = (script.byte(), script.byte());
    let mut preferences = Preferences::default();
    preferences.server_no_context_takeover = choices & 1 != 0;
    preferences.client_no_context_takeover = choices & 2 != 0;
    if choices & 4 != 0 {
        preferences.server_max_window_bits = window(windows >> 4);
    }
    if choices & 8 != 0 {
        preferences.client_max_window_bits = window(windows);
    }
    preferences
}

/// 8 to 15 bits.
fn window(choice: u8) -> WindowBits {
    WindowBits::new(8 + (choice & 7)).unwrap()
}
