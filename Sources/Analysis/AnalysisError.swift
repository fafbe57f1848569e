/// Why a picture or a spectrum cannot be made.
///
/// `description` is one sentence.
package enum AnalysisError: Error, Equatable, Sendable, CustomStringConvertible {
  /// Axes or indices do not belong to the shape, or the bytes do not cover it.
  case badSlice(String)
  /// The matrix is larger than what is computed here.
  case tooLarge(rows: Int, columns: Int, limit: String)
  case notFinite
  /// Singular values are computed of real matrices alone.
  case complex
  /// LAPACK gave up; `code` is its `info`.
  case failed(code: Int)
  case cancelled

  package var description: String {
    switch self {
    case .badSlice(let reason): reason
    case .tooLarge(let rows, let columns, let limit):
      "a matrix of \(rows) x \(columns) is too large for a spectrum: \(limit)"
    case .notFinite: "the tensor holds NaN or infinite values, so it has no singular values"
    case .complex: "the tensor holds complex numbers, whose singular values are not computed"
    case .failed(let code): "the singular values did not converge (LAPACK says \(code))"
    case .cancelled: "cancelled"
    }
  }
}
