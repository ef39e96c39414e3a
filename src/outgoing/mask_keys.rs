//! §5.3 §10.3  Where a client's masking keys and its handshake nonce come from.

use chacha20::cipher::StreamCipherCore;
use chacha20::variants::Ietf;
use chacha20::{ChaChaCore, KeyIvInit, R8};

/// Bytes of key stream kept between refills: fifteen masking keys.
const POOL: u8 = 60;

/// A cryptographic generator (`ChaCha8` with fast key erasure), seeded by the caller.
///
/// Each refill replaces the key by the first 32 bytes of its own stream and hands out the rest, so
/// that the state never tells which keys were used before, and no key that was used tells the next.
#[derive(Clone)]
pub(crate) struct MaskKeys {
    key: [u8; 32],
    pool: [u8; POOL as usize],
    used: u8,
}

const _: () = assert!(size_of::<MaskKeys>() <= 112);

impl MaskKeys {
    pub(crate) const fn new(seed: [u8; 32]) -> Self {
        Self { key: seed, pool: [0; POOL as usize], used: POOL }
    }

    /// A masking key; never handed out before (§5.3: "picked for every frame").
    #[inline]
    pub(crate) fn next_key(&mut self) -> [u8; 4] {
        loop {
            if let Some(key) = self.peek() {
                self.skip();
                return key;
            }
            self.refill();
        }
    }

    /// The next masking key, if none has to be made first. Whoever uses it is to [`skip`](Self::skip) it.
    #[inline]
    pub(crate) fn peek(&self) -> Option<[u8; 4]> {
        self.pool.get(usize::from(self.used)..).and_then(<[u8]>::first_chunk).copied()
    }

    /// Has the next key be another one.
    #[inline]
    pub(crate) const fn skip(&mut self) {
        self.used = self.used.saturating_add(4);
    }

    /// The 16 bytes of `Sec-WebSocket-Key` (§4.1).
    pub(crate) fn nonce(&mut self) -> [u8; 16] {
        let mut nonce = [0; 16];
        for part in nonce.chunks_exact_mut(4) {
            part.copy_from_slice(&self.next_key());
        }
        nonce
    }

    #[cold]
    fn refill(&mut self) {
        // Four blocks take no longer than one, where there is AVX2; two are needed.
        let mut stream = [[0; 64].into(); 4];
        let mut generator = ChaChaCore::<R8, Ietf>::new(&self.key.into(), &[0; 12].into());
        generator.write_keystream_blocks(&mut stream);
        let [first, second, ..] = &stream;
        let (key, pool) = first.split_at(32);
        self.key.copy_from_slice(key);
        let (front, back) = self.pool.split_at_mut(32);
        front.copy_from_slice(pool);
        back.copy_from_slice(second.split_at(back.len()).0);
        self.used = 0;
    }
}
