"""The policy service: owns rule sets, opt-outs, quotas, standing and every decision."""
