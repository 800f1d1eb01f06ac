//! Named arrays of numbers in safetensors files, with a header of JSON.
//!
//! The header is one text under the key `diffhep`, so a file's bytes depend only on its content.

use std::collections::HashMap;

use safetensors::tensor::{Dtype, Metadata, SafeTensors, TensorView, serialize};
use serde_json::Value;

/// The key of the header.
const KEY: &str = "diffhep";

/// An array and its name.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tensor {
    pub(crate) name: String,
    pub(crate) shape: Vec<usize>,
    /// Values, row by row.
    pub(crate) values: Vec<f64>,
}

/// Tensors in the format's own order, and the header.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct TensorFile {
    pub(crate) tensors: Vec<Tensor>,
    pub(crate) header: Value,
}

impl TensorFile {
    /// The file's bytes.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let bytes = |tensor: &Tensor| -> Vec<u8> {
            tensor.values.iter().flat_map(|value| value.to_le_bytes()).collect()
        };
        let data: Vec<Vec<u8>> = self.tensors.iter().map(bytes).collect();
        let view = |(tensor, data): (&Tensor, _)| {
            let view = TensorView::new(Dtype::F64, tensor.shape.clone(), data);
            (tensor.name.clone(), view.expect("a shape holds its values"))
        };
        let views = self.tensors.iter().zip(data.iter().map(Vec::as_slice)).map(view);
        let header = HashMap::from([(KEY.to_owned(), self.header.to_string())]);
        serialize(views, Some(header)).expect("names are unique")
    }

    /// Reads a file's bytes; the error says what is wrong with them.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self, String> {
        let refuse = |error: safetensors::SafeTensorError| error.to_string();
        let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(refuse)?;
        let header = read_header(&metadata)?;
        let file = SafeTensors::deserialize(bytes).map_err(refuse)?;
        let mut tensors = Vec::new();
        for (name, view) in file.tensors() {
            if view.dtype() != Dtype::F64 {
                return Err(format!("the tensor '{name}' holds {:?}, not F64", view.dtype()));
            }
            let (numbers, _) = view.data().as_chunks::<8>();
            let values = numbers.iter().map(|bytes| f64::from_le_bytes(*bytes)).collect();
            tensors.push(Tensor { name, shape: view.shape().to_vec(), values });
        }
        tensors.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(Self { tensors, header })
    }

    /// The tensor with a given name.
    pub(crate) fn get(&self, name: &str) -> Option<&Tensor> {
        self.tensors.iter().find(|tensor| tensor.name == name)
    }
}

fn read_header(metadata: &Metadata) -> Result<Value, String> {
    let text = metadata.metadata().as_ref().and_then(|keys| keys.get(KEY));
    let text = text.ok_or_else(|| format!("its metadata have no key '{KEY}'"))?;
    serde_json::from_str(text).map_err(|error| format!("its header is not JSON: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn numbers_and_header_come_back_and_the_bytes_are_the_same_each_time() {
        let tensor = |name: &str, shape: &[usize], values: &[f64]| Tensor {
            name: name.to_owned(),
            shape: shape.to_vec(),
            values: values.to_vec(),
        };
        let tensors = vec![
            tensor("a", &[2, 2], &[0.1 + 0.2, -0.0, f64::MIN_POSITIVE / 3.0, 1e300]),
            tensor("b", &[0], &[]),
        ];
        let file = TensorFile { tensors, header: json!({ "version": 1, "text": "é" }) };
        let bytes = file.to_bytes();
        assert_eq!(bytes, file.to_bytes());
        let back = TensorFile::from_bytes(&bytes).expect("sound");
        assert_eq!(back, file);
        assert_eq!(back.get("a").map(|a| a.shape.clone()), Some(vec![2, 2]));
        for cut in [0, 7, 20, bytes.len() - 1] {
            assert!(TensorFile::from_bytes(&bytes[..cut]).is_err(), "cut to {cut}");
        }
    }
}
