#pragma once

namespace linkup::daemon {

/// A connection whose transaction can go on after a failed statement, once that has been rolled back to a
/// savepoint.
///
/// Lifetime, threading: the connection's.
class RecoverableConnection {
public:
    virtual ~RecoverableConnection() = default;
    /// Lets the next statement through, which must roll back to a savepoint made before the failure. Throws
    /// the failure if it was a lost race or a lost server: then only a new transaction helps.
    virtual void recover() = 0;
};

}  // namespace linkup::daemon
