/// What a caller may ask of a running forward: stop early.
package struct ForwardControl: Sendable {
  /// Asked once a layer, from any thread.
  package var isCancelled: @Sendable () -> Bool

  package init(isCancelled: @escaping @Sendable () -> Bool = { false }) {
    self.isCancelled = isCancelled
  }

  func check() throws(InferenceError) {
    if isCancelled() { throw .cancelled }
  }
}
