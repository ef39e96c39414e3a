//! What stands for `compression.rs` in a build without the feature `deflate`.

use websocket_proto::Config;

use crate::wsp_option;
use crate::wsp_result::{self, *};

pub(crate) struct Compression;

impl Compression {
    pub(crate) fn new() -> Self {
        Self
    }

    pub(crate) fn set(&mut self, _option: wsp_option, _value: u64) -> Result<(), wsp_result> {
        Err(WSP_UNSUPPORTED)
    }

    pub(crate) fn read(&self, _option: wsp_option) -> Result<u64, wsp_result> {
        Err(WSP_UNSUPPORTED)
    }

    pub(crate) fn apply(&self, _config: &mut Config) {}
}
