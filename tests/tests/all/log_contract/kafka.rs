//! The log in Kafka keeps the contract.
