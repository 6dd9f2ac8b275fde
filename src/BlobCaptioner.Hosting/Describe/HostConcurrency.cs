using Microsoft.Extensions.Configuration;

namespace BlobCaptioner.Hosting.Describe;

/// <summary>What the Functions host, another process, was told of queues and time: <c>host.json</c>, and the variables <c>AzureFunctionsJobHost__...</c> above it.</summary>
/// <param name="BatchSize">Messages that it takes at once.</param>
/// <param name="NewBatchThreshold">It takes more as soon as no more than these are at work. So at most both together are at work.</param>
/// <param name="FunctionTimeout">When it ends a call, and this process with it; null for never, or unknown.</param>
internal sealed record HostConcurrency(int BatchSize, int NewBatchThreshold, TimeSpan? FunctionTimeout)
{
    // The queue extension's own, for what neither says.
    private const int DefaultBatchSize = 16;
    private const int LargestBatch = 32;

    /// <summary>Calls at once, at most.</summary>
    public int Most => BatchSize + NewBatchThreshold;

    /// <summary>Reads both.</summary>
    /// <param name="configuration">The process's settings, environment variables among them.</param>
    /// <param name="folder">The app's folder, with <c>host.json</c>.</param>
    public static HostConcurrency Read(IConfiguration configuration, string folder)
    {
        var file = new ConfigurationBuilder().AddJsonFile(Path.Combine(folder, "host.json"), optional: true).Build();
        var above = configuration.GetSection("AzureFunctionsJobHost");
        string? Value(string key) => above[key] ?? file[key];
        var batch = int.TryParse(Value("extensions:queues:batchSize"), out var size) ? size : DefaultBatchSize;
        return new(
            batch,
            int.TryParse(Value("extensions:queues:newBatchThreshold"), out var threshold) ? threshold : batch / 2,
            TimeSpan.TryParse(Value("functionTimeout"), out var timeout) && timeout > TimeSpan.Zero ? timeout : null);
    }

    /// <summary>What doesn't fit the model; one sentence each, with the way out.</summary>
    /// <param name="slots">Pictures that the model describes at once.</param>
    /// <param name="longest">How long a call may take.</param>
    public IEnumerable<string> Problems(int slots, TimeSpan longest)
    {
        if (Most < slots || Most > (4 * slots) + 8)
        {
            var effect = Most < slots ? "slots stay empty" : "pictures wait in the process while other workers are idle, and may reach the platform's time limit";
            yield return $"The host passes at most {Most} messages on at once (batchSize {BatchSize} and newBatchThreshold {NewBatchThreshold}); the model describes {slots} at once, so {effect}. "
                + $"Set AzureFunctionsJobHost__extensions__queues__batchSize to {Math.Min(slots, LargestBatch)} and "
                + $"AzureFunctionsJobHost__extensions__queues__newBatchThreshold to {(2 * slots) + 4 - Math.Min(slots, LargestBatch)}.";
        }

        if (FunctionTimeout is { } limit && longest >= limit)
        {
            yield return $"Describe__MaxDuration is {longest} and the host ends the process after {limit} (functionTimeout in host.json). "
                + "Set Describe__MaxDuration lower: otherwise one slow picture costs every other one in work a try.";
        }
    }
}
