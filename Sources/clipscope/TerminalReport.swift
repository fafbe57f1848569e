import Cells
import CursesTerminal
import ScopeCLI

/// What `doctor` says of the terminal.
enum TerminalReport {
  static func facts() -> [DoctorFact] {
    let facts = TerminalFacts.current()
    var report: [DoctorFact] = []
    if let problem = facts.problem {
      report.append(
        DoctorFact(
          "full screen", "\(problem)", .warning,
          advice: "the commands work; the dashboard needs a terminal that can move its cursor"))
    } else {
      report.append(DoctorFact("full screen", "possible"))
    }
    if let entry = facts.entry { report.append(DoctorFact("terminfo entry", entry)) }
    report.append(DoctorFact("colours", "\(facts.depth), terminfo says \(facts.colors)"))
    if let direct = facts.directEntry { report.append(DoctorFact("direct colour", direct)) }
    report.append(
      facts.isUTF8
        ? DoctorFact("characters", "UTF-8")
        : DoctorFact(
          "characters", "ASCII", .warning,
          advice: "set LC_ALL=C.UTF-8 for line drawing and pictures"))
    report.append(DoctorFact("mouse", facts.hasMouse ? "yes" : "no"))
    if let size = facts.size {
      report.append(DoctorFact("size", "\(size.columns)x\(size.rows)"))
    }
    if let note = facts.note { report.append(DoctorFact("note", note, .warning)) }
    return report
  }
}
