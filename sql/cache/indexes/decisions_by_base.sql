-- Which decision follows another: the last one of an application has no successor.
CREATE INDEX IF NOT EXISTS decisions_by_base ON hiring_decisions (base_decision_k) WHERE base_decision_k IS NOT NULL;
