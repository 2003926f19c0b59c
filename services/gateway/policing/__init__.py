"""What operators decide about the gate's decisions, senders and standings, passed on to the policy service."""
