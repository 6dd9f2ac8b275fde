using System.Globalization;
using BlobCaptioner.Web.Api;

namespace BlobCaptioner.Web.Security;

/// <summary>The longest time that one request may take.</summary>
internal sealed class RequestDeadline : IDisposable
{
    private readonly TimeSpan _limit;
    private readonly CancellationToken _aborted;
    private readonly CancellationTokenSource _over;
    private readonly CancellationTokenSource _either;

    /// <summary>Starts it.</summary>
    /// <param name="limit">How long.</param>
    /// <param name="time">Clock.</param>
    /// <param name="aborted">The visitor went away.</param>
    public RequestDeadline(TimeSpan limit, TimeProvider time, CancellationToken aborted)
    {
        (_limit, _aborted, _over) = (limit, aborted, new(limit, time));
        _either = CancellationTokenSource.CreateLinkedTokenSource(_over.Token, aborted);
    }

    /// <summary>Ends the work: the time is over, or the visitor went away.</summary>
    public CancellationToken Token => _either.Token;

    /// <summary>True once the time is over and somebody still waits.</summary>
    public bool IsOver => _over.IsCancellationRequested && !_aborted.IsCancellationRequested;

    /// <summary>The error of a request that took too long.</summary>
    /// <param name="code">Short code: <c>try-timeout</c>.</param>
    /// <param name="what">What took too long, as a subject.</param>
    /// <param name="remedy">The way out.</param>
    public ApiException Error(string code, string what, string remedy) =>
        new(504, code, string.Create(CultureInfo.InvariantCulture, $"{what} took longer than {_limit.TotalSeconds:0.###} s."), remedy);

    /// <inheritdoc/>
    public void Dispose()
    {
        _either.Dispose();
        _over.Dispose();
    }
}
