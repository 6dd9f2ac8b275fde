using System.Text;
using BlobCaptioner.Tests.Simulation.Scheduling;

namespace BlobCaptioner.Tests.Simulation.World;

/// <summary>What happened, in order. Kept only for a run that is shown.</summary>
internal sealed class RunLog(bool keeps)
{
    private readonly List<(TimeSpan At, string Who, string What)> _lines = [];

    /// <summary>True leaves out what follows.</summary>
    public bool IsPaused { get; set; }

    public void Add(TimeSpan at, string who, string what)
    {
        if (keeps && !IsPaused)
        {
            _lines.Add((at, who, what));
        }
    }

    public void Add(TimeSpan at, PendingRequest request)
    {
        if (!keeps || IsPaused)
        {
            return;
        }

        var (method, first) = (request.Request.Method, request.Request.Path().First);
        var others = request.Request.Path().Others;
        var isPoll = request.Request.IsQueue && method == Azure.Core.RequestMethod.Get && request.Fate.Fault == Fault.None && request.Answer?.ContentStream is { Length: < 120 };
        if (isPoll)
        {
            return;
        }

        var conditions = (request.Request.Header("If-Match") is { } match ? $" if-match {match.Trim('"')[^4..]}" : "") + (request.Request.Header("If-None-Match") is null ? "" : " if-none-match");
        var end = request.Fate.Fault == Fault.None ? Answer(request) : $"{request.Fate.Fault}{(request.Answer is null ? "" : ", applied: " + Answer(request))}";
        _lines.Add((at, request.Process.Name, $"{method} {first}{(others.Length > 0 ? "/" + Short(others) : "")}{conditions} -> {end} (#{request.Ordinal})"));
    }

    /// <summary>A table of time, who and what.</summary>
    public string ToTable(int most)
    {
        var table = new StringBuilder();
        var skipped = Math.Max(0, _lines.Count - most);
        if (skipped > 0)
        {
            table.AppendLine($"  ({skipped} earlier lines left out)");
        }

        foreach (var (at, who, what) in _lines.Skip(skipped))
        {
            table.AppendLine($"  {at:hh\\:mm\\:ss\\.fff}  {who,-10}  {what}");
        }

        return table.ToString();
    }

    private static string Answer(PendingRequest request) =>
        $"{request.Status}{(request.Answer!.Code.Length > 0 ? " " + request.Answer.Code : "")}{(request.Answer.Headers.ETag is { } etag && request.Status < 300 ? $" {etag.ToString().Trim('"')[^4..]}" : "")}";

    private static string Short(string name) => name.Length > 28 && name.Contains('/', StringComparison.Ordinal) ? $"{name[..(name.IndexOf('/', StringComparison.Ordinal) + 7)]}.." : name.Length > 28 ? $"{name[..8]}.." : name;
}
