using System.Runtime.InteropServices;

namespace BlobCaptioner.Tests.Simulation.Scheduling;

/// <summary>What a request meets on its way.</summary>
/// <param name="Fault">What goes wrong.</param>
/// <param name="There">Time until it reaches storage.</param>
/// <param name="Back">Time from there until its answer reaches the process.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct RequestFate(Fault Fault, TimeSpan There, TimeSpan Back)
{
    /// <summary>Nothing goes wrong, within milliseconds.</summary>
    public static RequestFate Prompt(Dice dice) => new(
        Fault.None, dice.Between(TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(8)), dice.Between(TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(8)));
}

/// <summary>What can go wrong with one request.</summary>
internal enum Fault
{
    None,

    /// <summary>The connection is cut before storage sees it.</summary>
    CutBefore,

    /// <summary>Storage applies it, and the answer is lost.</summary>
    CutAfter,

    /// <summary>Storage applies it, and no answer comes until the client's timeout.</summary>
    Silent,

    /// <summary>403, as from a firewall rule or a role that was taken away.</summary>
    Forbidden,

    /// <summary>503 Server Busy.</summary>
    Busy,

    /// <summary>The identity's sign-in fails; nothing is sent.</summary>
    SignIn,

    /// <summary>The process dies before storage sees it.</summary>
    DieBefore,

    /// <summary>Storage applies it, and the process dies before the answer.</summary>
    DieAfter,
}
