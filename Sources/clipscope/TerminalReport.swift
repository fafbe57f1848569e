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
          "dashboard", "not here: \(problem)", .warning,
          advice: "\(problem.remedy); all other commands work"))
    } else {
      report.append(DoctorFact("dashboard", "can be shown in this terminal"))
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
