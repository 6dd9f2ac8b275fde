using BlobCaptioner.Models;
using Microsoft.Extensions.Logging;

namespace BlobCaptioner.Hosting.Worker;

/// <summary>Finds a worker's model files on its share, or downloads them.</summary>
public static partial class ModelFinder
{
    private static readonly TimeSpan Between = TimeSpan.FromSeconds(10);

    /// <summary>Finds the two files of the model that the settings name. Missing ones are downloaded into <see cref="ModelOptions.Directory"/>.</summary>
    /// <param name="options">Which model; not <see cref="ModelOptions.IsSample"/>.</param>
    /// <param name="time">Clock.</param>
    /// <param name="logging">Logs a download's progress every ten seconds.</param>
    /// <param name="cancellationToken">Stops; received bytes are kept.</param>
    /// <exception cref="ModelException">A file is missing or could not be downloaded.</exception>
    public static async Task<ModelPaths> FindAsync(ModelOptions options, TimeProvider time, ILoggerFactory logging, CancellationToken cancellationToken)
    {
        if (options is { Path: { Length: > 0 } path, MmprojPath: { Length: > 0 } mmproj })
        {
            return new(Require(path, nameof(ModelOptions.Path)), Require(mmproj, nameof(ModelOptions.MmprojPath)));
        }

        var name = options.Name ?? throw new ModelException($"No model is named. Set '{ModelOptions.Section}__{nameof(ModelOptions.Name)}'.");
        var directory = new ModelDirectory(options.Directory, time, logging.CreateLogger<ModelDirectory>());
        if (directory.Find(name, options.Vision) is { } present)
        {
            return present;
        }

        var logger = logging.CreateLogger(typeof(ModelFinder));
        Downloading(logger, name, directory.FullPath);
        var pull = new ModelPullOptions { Source = options.Source, Mirror = options.Mirror };
        return await directory.EnsureAsync(name, options.Vision, pull, new Progress(logger, time), cancellationToken);
    }

    private static string Require(string path, string setting) =>
        File.Exists(path)
            ? path
            : throw new ModelException(
                $"'{ModelOptions.Section}__{setting}' is '{path}'. There is no such file. Mount the share that holds it, or name a model in '{ModelOptions.Section}__{nameof(ModelOptions.Name)}'.");

    [LoggerMessage(1110, LogLevel.Information, "The model '{Name}' is not in '{Directory}'; downloading it")]
    private static partial void Downloading(ILogger logger, string name, string directory);

    [LoggerMessage(1111, LogLevel.Information, "'{File}': {Percent} % of {Total} bytes")]
    private static partial void Progressed(ILogger logger, string file, long percent, long total);

    private sealed class Progress(ILogger logger, TimeProvider time) : IProgress<ModelProgress>
    {
        private readonly Lock _gate = new();
        private long _last = time.GetTimestamp();

        public void Report(ModelProgress value)
        {
            lock (_gate)
            {
                if (time.GetElapsedTime(_last) < Between)
                {
                    return;
                }

                _last = time.GetTimestamp();
            }

            Progressed(logger, value.File, value.PresentBytes * 100 / Math.Max(1, value.TotalBytes), value.TotalBytes);
        }
    }
}
