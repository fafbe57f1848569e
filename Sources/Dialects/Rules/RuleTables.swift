/// The rule tables that ship with the program.
package enum RuleTables {
  /// File names and contents, in the order of the documentation.
  package static let files: [(name: String, bytes: [UInt8])] = [
    ("oc-clip.hf-clip.rules", PackageResources.oc_clip_hf_clip_rules),
    ("oc-clip.oc-custom.rules", PackageResources.oc_clip_oc_custom_rules),
    ("openai.oc-clip.rules", PackageResources.openai_oc_clip_rules),
    ("oc-custom.oc-timm-clip.rules", PackageResources.oc_custom_oc_timm_clip_rules),
    ("oc-siglip.hf-siglip.rules", PackageResources.oc_siglip_hf_siglip_rules),
    ("hf-siglip.hf-siglip2-naflex.rules", PackageResources.hf_siglip_hf_siglip2_naflex_rules),
    ("bv-siglip.oc-siglip.rules", PackageResources.bv_siglip_oc_siglip_rules),
    ("eva-orig.oc-eva.rules", PackageResources.eva_orig_oc_eva_rules),
    ("pe-orig.oc-pe.rules", PackageResources.pe_orig_oc_pe_rules),
    ("mobileclip.oc-mci.rules", PackageResources.mobileclip_oc_mci_rules),
    ("hf-flax-clip.hf-clip.rules", PackageResources.hf_flax_clip_hf_clip_rules),
    ("oc-custom.canonical.rules", PackageResources.oc_custom_canonical_rules),
    ("vjepa2.canonical.rules", PackageResources.vjepa2_canonical_rules),
  ]

  /// - Throws: `RuleTableError` where a header is damaged; a test keeps that from shipping.
  package static func graph() throws(RuleTableError) -> TableGraph { try shared.get() }

  private static let shared: Result<TableGraph, RuleTableError> = {
    do throws(RuleTableError) {
      return .success(
        try TableGraph(
          files: files.map { ($0.name, String(decoding: $0.bytes, as: UTF8.self)) }))
    } catch {
      return .failure(error)
    }
  }()
}
