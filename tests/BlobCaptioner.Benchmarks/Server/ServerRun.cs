using System.Diagnostics;
using System.Text.Json.Nodes;
using BlobCaptioner.Images;

namespace BlobCaptioner.Benchmarks.Server;

/// <summary>Some pictures through a server, from the first request to the last answer.</summary>
/// <param name="Replies">Its answers.</param>
/// <param name="Wall">How long it took.</param>
internal sealed record ServerRun(IReadOnlyList<ServerReply> Replies, TimeSpan Wall)
{
    public int Failed => Replies.Count(r => r.Error is not null);

    public double OutputTokens => Replies.Where(r => r.Error is null).Select(r => (double)r.OutputTokens).DefaultIfEmpty().Average();

    public double PicturesPerMinute => (Replies.Count - Failed) / Wall.TotalMinutes;

    /// <summary>Asks about each picture, with as many requests in flight as the server has slots.</summary>
    public static async Task<ServerRun> MeasureAsync(LlamaServer server, IReadOnlyList<PreparedImage> pictures, Func<PreparedImage, JsonNode> body)
    {
        var replies = new ServerReply[pictures.Count];
        var bodies = pictures.Select(body).ToArray();
        var started = Stopwatch.GetTimestamp();
        var options = new ParallelOptions { MaxDegreeOfParallelism = server.Parallel };
        await Parallel.ForAsync(0, pictures.Count, options, async (i, _) => replies[i] = await server.AskAsync(bodies[i]));
        return new(replies, Stopwatch.GetElapsedTime(started));
    }
}
