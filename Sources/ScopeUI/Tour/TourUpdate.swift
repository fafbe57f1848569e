import Cells

extension State {
  /// The first step; the session begins with it.
  mutating func beginTour(_ materials: TourMaterials) -> [Effect] {
    tour = TourState(materials)
    return enterTourStep()
  }

  /// Keys of the tour: nil while there is none, or for every other key.
  mutating func takeTourKey(_ event: InputEvent) -> [Effect]? {
    guard tour != nil, let command = CommandTable.command(for: event, in: [.tour]) else {
      return nil
    }
    return perform(command)
  }

  mutating func stepTour(_ distance: Int) -> [Effect] {
    guard let tour else { return say(.info, "the tour begins with clipscope demo --tour") }
    if distance > 0, tour.isAtEnd { return leaveTour() }
    self.tour?.move(by: distance)
    return enterTourStep()
  }

  mutating func leaveTour() -> [Effect] {
    guard tour != nil else { return say(.info, "there is no tour") }
    tour = nil
    return say(.info, "the tour is over; this page stays")
  }

  /// Opens what the step needs, or goes to its page at once.
  private mutating func enterTourStep() -> [Effect] {
    guard let tour, let path = tour.step.checkpoint(tour.materials) else { return [] }
    self.tour?.isWaiting = true
    guard opened?.path != path else { return arrangeTourStep() }
    return open(path)
  }

  /// The checkpoint of the step is open: its page is shown and what it speaks of is done.
  mutating func arrangeTourStep() -> [Effect] {
    guard let tour, tour.isWaiting, let opened, opened.path == tour.step.checkpoint(tour.materials)
    else { return [] }
    self.tour?.isWaiting = false
    return show(Pages.page(tour.step.page)) + tour.step.arrange(&self, tour.materials)
  }
}
