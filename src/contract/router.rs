//! From method and path to an operation.

use http::Method;

use super::error::LoadError;
use super::operation::{Operation, OperationId};

#[derive(Debug)]
pub struct Router {}

#[derive(Debug, PartialEq, Eq)]
pub enum Route {
    /// The operation, and the path's parameters as sent (still percent-encoded).
    Found(OperationId, Vec<(String, String)>),
    /// The path exists, the method does not; the methods that do, sorted.
    MethodUnknown(Vec<Method>),
    Unknown,
}

impl Router {
    /// `file` is for messages. A literal segment wins over a parameter. Templates that differ only in parameter names are merged.
    pub fn build(file: &str, operations: &[Operation]) -> Result<Router, Vec<LoadError>> {
        let _ = (file, operations);
        todo!()
    }

    /// `path` is below the base, percent-encoded as sent. HEAD falls back to GET where HEAD is not declared.
    pub fn find(&self, method: &Method, path: &str) -> Route {
        let _ = (method, path);
        todo!()
    }
}
